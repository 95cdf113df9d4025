using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;

namespace Dfu.Cli.Dashboards;

/// <summary>The folder of a user's dashboard: who runs it holds the folder, and everybody else finds in it where it is.</summary>
/// <param name="say">Told in one line each what is going on.</param>
internal sealed class DashboardHome(string folder, DashboardPackage package, string dotnet, IFetchProgress progress, Action<string> say, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private string Running => Path.Combine(folder, "running.json");

    /// <exception cref="DfuException">DashboardUnavailable: there is none for this machine; DataDirectoryUnusable: no home.</exception>
    public static DashboardHome Of(Terminal terminal) => new(
        Path.Combine(DataDirectory.Default, "dashboard"),
        DashboardPackage.OfThisMachine(),
        PackageFetch.Dotnet,
        FetchProgress.On(terminal, TimeProvider.System),
        line => terminal.Error.WriteLine($"dfu: {line}"),
        TimeProvider.System);

    /// <summary>The dashboard that runs, else one that is started, and brought first where it is not there yet.</summary>
    /// <param name="page">The port of its page; null for any. Of a dashboard that runs it must be the same.</param>
    /// <param name="otlp">The same for telemetry over HTTP.</param>
    /// <exception cref="DfuException">DashboardUnavailable, ListenFailed, or DataDirectoryUnusable.</exception>
    public async Task<OpenDashboard> OpenAsync(int? page, int? otlp, CancellationToken cancellationToken)
    {
        for (var waits = false; ; waits = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryHold() is { } held) return await StartAsync(held, page, otlp, cancellationToken);
            if (await RunningDashboard.FindAsync(Running, cancellationToken) is { } running) return new(Fits(running, page, otlp));
            if (!waits) say("another dfu is about to start the dashboard, waiting for it");
            await Task.Delay(LookEvery, time, cancellationToken);
        }
    }

    private static RunningDashboard Fits(RunningDashboard running, int? page, int? otlp)
    {
        if ((page ?? running.Address.Page.Port) == running.Address.Page.Port && (otlp ?? running.Address.OtlpHttp.Port) == running.Address.OtlpHttp.Port)
            return running;
        throw new DfuException(
            DfuError.InvalidArgument,
            $"the dashboard runs already (process {running.Process}), its page is {running.Address.Page} and its telemetry goes to {running.Address.OtlpHttp}")
        {
            Remedy = "leave the ports out to use that one, or end it first",
        };
    }

    private DataDirectory? TryHold()
    {
        try
        {
            return DataDirectory.Open(folder, time);
        }
        catch (DfuException held) when (held.Error == DfuError.DataDirectoryInUse)
        {
            return null;
        }
    }

    private async Task<OpenDashboard> StartAsync(DataDirectory held, int? page, int? otlp, CancellationToken cancellationToken)
    {
        try
        {
            File.Delete(Running);
            var fetch = new PackageFetch(Path.Combine(folder, package.Version), package, dotnet, time);
            var executable = fetch.Find() ?? await BringAsync(fetch, cancellationToken);
            var process = await DashboardProcess.StartAsync(executable, DashboardPorts.Choose(page, otlp), time, cancellationToken);
            var running = new RunningDashboard(Environment.ProcessId, process.Address);
            running.Write(Running);
            return new(running, process, held);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw new DfuException(DfuError.DataDirectoryUnusable, $"{folder} cannot be written: {failure.Message}", failure);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private async Task<string> BringAsync(PackageFetch fetch, CancellationToken cancellationToken)
    {
        progress.Begin(package);
        try
        {
            return await fetch.BringAsync(progress.Downloaded, cancellationToken);
        }
        finally
        {
            progress.End();
        }
    }
}
