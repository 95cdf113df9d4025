using Dfu.Cluster.Scenario.Processes;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>A process that is started again whenever it has ended, as a service manager does it.</summary>
/// <param name="ready">How its line begins when it can be used.</param>
internal sealed class ProcessVictim(string name, VictimKind kind, Func<ChildProcess> start, string ready, TimeProvider time)
    : Victim(name, kind), IAsyncDisposable
{
    public const int ExitBySignal = 128;
    private const int Trace = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _over = new();
    private TaskCompletionSource _again = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChildProcess? _process;
    private Task _running = Task.CompletedTask;
    private volatile bool _hurt;

    /// <summary>Exit codes and last words, most of them one line, of those that ended although nobody had killed them.</summary>
    public List<(int Code, string Last)> EndedByItself { get; } = [];

    public override bool IsThere => !_hurt && _process is { HasEnded: false };

    public void Start() => _running = RunAsync();

    /// <exception cref="ScenarioException">It does not get ready.</exception>
    public async Task ReadyAsync()
    {
        while (true)
        {
            var process = _process!;
            try
            {
                await process.LineAsync(ready);
                return;
            }
            catch (ScenarioException) when (process.HasEnded && !_over.IsCancellationRequested)
            {
                await Task.Delay(Pause, time);
            }
        }
    }

    /// <summary>Ends it as a service manager does; the exit code.</summary>
    public async Task<int> EndAsync()
    {
        _over.Cancel();
        var code = await _process!.StopAsync();
        await _running;
        return code;
    }

    public string Output => _process?.Output ?? "";

    public async ValueTask DisposeAsync()
    {
        _over.Cancel();
        _again.TrySetResult();
        if (_process is { HasEnded: false }) await _process.KillAsync();
        await _running;
        if (_process is not null) await _process.DisposeAsync();
        _over.Dispose();
    }

    protected override async Task KillAsync()
    {
        (_hurt, _again) = (true, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _process!.KillAsync();
    }

    protected override Task StartAgainAsync()
    {
        _again.TrySetResult();
        return Task.CompletedTask;
    }

    protected override async Task SignalAsync(string signal)
    {
        _hurt = true;
        await _process!.SignalAsync(signal);
        _hurt = signal == "STOP";
    }

    private async Task RunAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            _process = start();
            _hurt = false;
            var code = await _process.ExitAsync();
            if (_over.IsCancellationRequested) return;
            if (_hurt)
            {
                await _again.Task;
                continue;
            }

            EndedByItself.Add((code, LastWords(code, _process.Output.TrimEnd().Split('\n'))));
            try
            {
                await Task.Delay(Pause, time, _over.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static string LastWords(int code, string[] lines) => string.Join('\n', lines[^Math.Min(lines.Length, code < ExitBySignal ? 1 : Trace)..]);
}
