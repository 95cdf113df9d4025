using System.Diagnostics;

namespace Dfu.Deployment.Tests.Prometheus;

/// <summary>Debian's <c>prometheus</c>, which has <c>promtool</c> too.</summary>
internal static class PromTool
{
    public const string Server = "/usr/bin/prometheus";
    private const string Tool = "/usr/bin/promtool";

    /// <summary>Why it cannot be run here; null when it can.</summary>
    public static string? Missing => File.Exists(Server) && File.Exists(Tool) ? null : "no Prometheus is installed here (Debian: apt-get install prometheus)";

    public static async Task<(int Code, string Said)> RunAsync(string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Tool, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(said));
    }
}

/// <summary>A test that needs it; reported as skipped, with the reason, where it is not.</summary>
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute() => Skip = PromTool.Missing;
}
