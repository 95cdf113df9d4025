using System.Globalization;

namespace Dfu.Cli.Dashboards;

/// <summary>Told how bringing a package goes.</summary>
internal interface IFetchProgress
{
    void Begin(DashboardPackage package);

    void Downloaded(long bytes);

    void End();
}

/// <summary>On a terminal one line that counts, elsewhere a line every few seconds.</summary>
internal sealed class FetchProgress(TextWriter error, bool live, TimeProvider time) : IFetchProgress
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);
    private long _lineAt;
    private bool _counts;

    public static FetchProgress On(Terminal terminal, TimeProvider time) => new(terminal.Error, terminal.Live, time);

    public void Begin(DashboardPackage package)
    {
        error.WriteLine($"dfu: bringing the Aspire dashboard {package.Version} from NuGet, this once ({DashboardPackage.Room})");
        _lineAt = time.GetTimestamp();
    }

    public void Downloaded(long bytes)
    {
        var so = string.Create(CultureInfo.InvariantCulture, $"dfu: {bytes / 1e6:0.0} MB downloaded");
        if (live)
        {
            error.Write($"\r\e[K{so}");
            _counts = true;
        }
        else if (time.GetElapsedTime(_lineAt) >= LineEvery)
        {
            error.WriteLine(so);
            _lineAt = time.GetTimestamp();
        }
    }

    public void End()
    {
        if (_counts) error.Write("\r\e[K");
        error.Flush();
    }
}
