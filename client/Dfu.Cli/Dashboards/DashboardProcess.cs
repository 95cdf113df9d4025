using System.ComponentModel;
using System.Diagnostics;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Cli.Dashboards;

/// <summary>The dashboard's executable at work, for whoever is on this machine; it ends with this object, and with this process.</summary>
internal sealed class DashboardProcess : IAsyncDisposable
{
    /// <summary>How long it may take until it listens: it takes one second.</summary>
    public static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);

    /// <summary>How long it may take to end when asked to, before it is killed.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A shell runs the dashboard and reads from us. Its read ends when we do, however that happens, and then it asks the dashboard to end. A
    /// Ctrl-C, which a terminal sends to all, is for us alone.
    /// </summary>
    private const string Watched =
        """
        trap '' INT QUIT
        exec 3<&0 </dev/null
        "$0" 3<&- &
        dashboard=$!
        { read -r _ <&3; kill "$dashboard"; } >/dev/null 2>&1 &
        watch=$!
        wait "$dashboard"
        code=$?
        kill "$watch" 2>/dev/null
        exit "$code"
        """;

    /// <summary>What would make it listen elsewhere, ask for a login, or say other things than we read; how much it keeps is the user's to say.</summary>
    private static readonly string[] Foreign = ["ASPNETCORE_", "ASPIRE_", "DASHBOARD__", "DOTNET_DASHBOARD_", "DOTNET_URLS", "KESTREL__", "LOGGING__", "URLS"];
    private const string Limits = "DASHBOARD__TELEMETRYLIMITS__";

    private readonly Process _process;
    private readonly DashboardOutput _output;
    private readonly TimeProvider _time;

    private DashboardProcess(Process process, DashboardOutput output, DashboardAddress address, TimeProvider time) =>
        (_process, _output, Address, _time) = (process, output, address, time);

    public DashboardAddress Address { get; }

    /// <exception cref="DfuException">DashboardUnavailable, or ListenFailed: a port that is asked for is taken.</exception>
    public static async Task<DashboardProcess> StartAsync(string executable, DashboardPorts ports, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await TryStartAsync(executable, ports, time, cancellationToken);
        }
        catch (DfuException taken) when (taken.Error == DfuError.ListenFailed && ports.Others() is var others && others != ports)
        {
            return await TryStartAsync(executable, others, time, cancellationToken);
        }
    }

    /// <summary>Ends when the dashboard does, which it does not do by itself.</summary>
    /// <exception cref="DfuException">DashboardUnavailable: it has ended.</exception>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        throw new DfuException(DfuError.DashboardUnavailable, $"the dashboard has ended by itself (exit code {_process.ExitCode}): {_output.Fault}")
        {
            Remedy = "start it again",
        };
    }

    public ValueTask DisposeAsync() => EndAsync(_process, _time);

    private static async Task<DashboardProcess> TryStartAsync(
        string executable, DashboardPorts ports, TimeProvider time, CancellationToken cancellationToken)
    {
        var output = new DashboardOutput();
        var process = new Process { StartInfo = Start(executable, ports) };
        process.OutputDataReceived += (_, line) => output.Take(line.Data);
        process.ErrorDataReceived += (_, line) => output.Take(line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception unable)
        {
            process.Dispose();
            throw NotStarted(executable, unable.Message);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            using var late = new CancellationTokenSource(LongestStart, time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            var ended = process.WaitForExitAsync(stop.Token);
            var first = await Task.WhenAny(output.Listening, ended);
            cancellationToken.ThrowIfCancellationRequested();
            if (first == output.Listening) return new(process, output, await output.Listening, time);
            if (late.IsCancellationRequested) throw NotStarted(executable, $"after {LongestStart.TotalSeconds:0} s it did not listen: {output.Fault}");
            if (output.Refused is null) throw NotStarted(executable, $"exit code {process.ExitCode}: {output.Fault}");
            throw new DfuException(DfuError.ListenFailed, $"the dashboard cannot listen on {DashboardAddress.Plain(output.Refused)}: {output.Fault}");
        }
        catch
        {
            await EndAsync(process, time);
            throw;
        }
    }

    private static ProcessStartInfo Start(string executable, DashboardPorts ports)
    {
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(executable) : new ProcessStartInfo("/bin/sh", ["-c", Watched, executable]);

        // It reads a file of settings where it is started.
        start.WorkingDirectory = Path.GetDirectoryName(executable)!;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (var name in start.Environment.Keys.Where(IsForeign).ToArray()) start.Environment.Remove(name);
        start.Environment["ASPNETCORE_URLS"] = Local(ports.Page);
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Local(ports.OtlpGrpc);
        start.Environment["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = Local(ports.OtlpHttp);
        start.Environment["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true";
        start.Environment["DASHBOARD__OTLP__SUPPRESSUNSECUREDTELEMETRYMESSAGE"] = "true";
        start.Environment["DASHBOARD__API__DISABLED"] = "true";
        start.Environment["DASHBOARD__DEBUGSESSION__TELEMETRYOPTOUT"] = "true";
        start.Environment["DASHBOARD__APPLICATIONNAME"] = "dfu";

        // A web page elsewhere whose name leads to this machine gets no answer.
        start.Environment["AllowedHosts"] = "127.0.0.1;localhost";
        start.Environment["LOGGING__LOGLEVEL__DEFAULT"] = "Information";
        return start;
    }

    private static bool IsForeign(string name) =>
        !name.StartsWith(Limits, StringComparison.OrdinalIgnoreCase) && Foreign.Any(foreign => name.StartsWith(foreign, StringComparison.OrdinalIgnoreCase));

    private static string Local(int port) => $"http://127.0.0.1:{port}";

    private static DfuException NotStarted(string executable, string why) =>
        new(DfuError.DashboardUnavailable, $"the dashboard does not start, {why}") { Remedy = $"try {executable} by hand" };

    private static async ValueTask EndAsync(Process process, TimeProvider time)
    {
        try
        {
            if (OperatingSystem.IsWindows()) process.Kill();
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None).WithinAsync(LongestEnd, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
        }
        finally
        {
            process.Dispose();
        }
    }
}
