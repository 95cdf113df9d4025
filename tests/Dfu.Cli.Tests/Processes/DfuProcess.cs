using System.Diagnostics;
using System.Text;

namespace Dfu.Cli.Tests.Processes;

/// <summary>The built command, run as a process of its own.</summary>
internal sealed class DfuProcess : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly List<(Predicate<string> Wanted, TaskCompletionSource<string> Found)> _waiting = [];
    private readonly Lock _gate = new();

    private DfuProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Take(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string Command { get; } = Path.Combine(AppContext.BaseDirectory, "dfu.dll");

    public static DfuProcess Start(params string[] arguments) => new(new ProcessStartInfo("dotnet", [Command, .. arguments]));

    public static DfuProcess StartWith(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Command, .. arguments]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(start);
    }

    /// <summary>Another program that is, or becomes, the command.</summary>
    public static DfuProcess StartProgram(string program, params string[] arguments) => new(new ProcessStartInfo(program, arguments));

    /// <summary>Through a shell that prepares its limits first.</summary>
    public static DfuProcess StartAfter(string shell, params string[] arguments) =>
        new(new ProcessStartInfo("bash", ["-c", shell + "; exec dotnet \"$@\"", "bash", Command, .. arguments]));

    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await process.EndAsync();
    }

    /// <summary>The first line of either stream, from now on or before, that is wanted; fails when the process ends without it.</summary>
    public async Task<string> LineAsync(Predicate<string> wanted)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            var there = $"{_output}{_error}".Split('\n').FirstOrDefault(line => wanted(line));
            if (there is not null) return there;
            _waiting.Add((wanted, found));
        }

        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(found.Task, ended).WaitAsync(Longest, TimeProvider.System) == ended && !found.Task.IsCompleted)
            throw new InvalidOperationException($"the process ended with {_process.ExitCode} before that line:\n{_output}\n{_error}");
        return await found.Task;
    }

    public async Task<(int Code, string Output, string Error)> EndAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Longest, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            _process.Kill(true);
            throw new TimeoutException($"the process did not end:\n{_output}\n{_error}");
        }

        lock (_gate) return (_process.ExitCode, _output.ToString(), _error.ToString());
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("bash", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(true);
        _process.Dispose();
    }

    private void Take(StringBuilder stream, string? line)
    {
        if (line is null) return;
        lock (_gate)
        {
            stream.Append(line).Append('\n');
            foreach (var (wanted, found) in _waiting)
            {
                if (wanted(line)) found.TrySetResult(line);
            }
        }
    }
}
