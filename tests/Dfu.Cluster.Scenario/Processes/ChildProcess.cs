using System.Diagnostics;
using System.Text;

namespace Dfu.Cluster.Scenario.Processes;

/// <summary>A process of the scenario; it ends with it.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly string _name;
    private readonly StringBuilder _output = new();
    private readonly List<(string Prefix, TaskCompletionSource<string> Found)> _wanted = [];
    private readonly Lock _gate = new();

    public ChildProcess(string name, string file, params IEnumerable<string> arguments)
    {
        _name = name;
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The built <c>dfu</c> command.</summary>
    public static ChildProcess Dfu(string name, params IEnumerable<string> arguments) => new(name, "dotnet", [Command, .. arguments]);

    /// <summary>The same, until it has ended well.</summary>
    public static Task<string> RunDfuAsync(params IEnumerable<string> arguments) => RunAsync("dotnet", [Command, .. arguments]);

    private static string Command { get; } =
        Path.GetFullPath(
            Path.Combine(
                AppContext.BaseDirectory,
                "../../../../../client/Dfu.Cli/bin",
                new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
                "net10.0/dfu.dll"));

    public string Output
    {
        get
        {
            lock (_gate) return _output.ToString();
        }
    }

    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? 0 : _process.PeakWorkingSet64;
        }
    }

    public static async Task<string> RunAsync(string file, params IEnumerable<string> arguments)
    {
        await using var process = new ChildProcess(file, file, arguments);
        var code = await process.EndAsync();
        return code == 0 ? process.Output : throw new ScenarioException($"{file} ended with {code}:\n{process.Output}");
    }

    /// <summary>Waits for a line that begins so.</summary>
    public async Task<string> LineAsync(string prefix)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_output.ToString().Split('\n').FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal)) is { } there) return there;
            _wanted.Add((prefix, found));
        }

        using var late = new CancellationTokenSource(Longest, TimeProvider.System);
        var ended = _process.WaitForExitAsync(late.Token);
        await Task.WhenAny(found.Task, ended);
        return found.Task.IsCompleted ? await found.Task : throw new ScenarioException($"{_name} never said '{prefix}...':\n{Output}");
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>Waits for as long as it runs; its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Sends it a signal such as STOP or CONT, if it is still there.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", [$"-{signal}", $"{_process.Id}"]) { RedirectStandardError = true })!;
        await kill.WaitForExitAsync();
    }

    /// <summary>SIGKILL: it has no time for anything.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private async Task<int> EndAsync()
    {
        using var late = new CancellationTokenSource(Longest, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(late.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new ScenarioException($"{_name} did not end:\n{Output}");
        }
    }

    private void Take(string? line)
    {
        if (line is null) return;
        lock (_gate)
        {
            _output.Append(line).Append('\n');
            foreach (var (prefix, found) in _wanted)
            {
                if (line.StartsWith(prefix, StringComparison.Ordinal)) found.TrySetResult(line);
            }
        }
    }
}

/// <summary>Something is not as it must be.</summary>
internal sealed class ScenarioException(string message) : Exception(message);
