using System.Diagnostics;
using System.Threading.Channels;
using Dfu.Cluster.Tests.Storage.Full;
using Dfu.Cluster.Tests.Support;

namespace Dfu.Cluster.Tests.Children;

/// <summary>A child started from this assembly; what it prints can be waited for, line by line.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Process _process;

    private ChildProcess(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) _lines.Writer.TryComplete();
            else _lines.Writer.TryWrite(line.Data);
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public static ChildProcess Start(params string[] arguments) => StartWith([], arguments);

    /// <summary>A child for whom a folder is a disk of its own, of so many kilobytes.</summary>
    public static ChildProcess StartOnSmallDisk(int kilobytes, string folder, params string[] arguments) =>
        new(SmallDisk.Start(kilobytes, folder, ["dotnet", "exec", typeof(ChildProcess).Assembly.Location, .. arguments]));

    public static ChildProcess StartWith((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(ChildProcess).Assembly.Location, .. arguments]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(start);
    }

    /// <summary>The next line; fails when the child ends or says nothing.</summary>
    public async Task<string> LineAsync() => await _lines.Reader.ReadAsync().AsTask().Soon();

    /// <summary>Waits until it ends by itself; its exit code, and what it said that nobody took.</summary>
    public async Task<(int Code, IReadOnlyList<string> Said)> EndedAsync()
    {
        await _process.WaitForExitAsync().Soon();
        var rest = new List<string>();
        await foreach (var line in _lines.Reader.ReadAllAsync()) rest.Add(line);
        return (_process.ExitCode, rest);
    }

    /// <summary>SIGKILL. Returns the lines it had printed that nobody took yet.</summary>
    public async Task<IReadOnlyList<string>> KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        var rest = new List<string>();
        await foreach (var line in _lines.Reader.ReadAllAsync()) rest.Add(line);
        return rest;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
