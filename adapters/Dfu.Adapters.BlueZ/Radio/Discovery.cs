using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>Has one adapter discover what its duty is, for as long as it is.</summary>
internal sealed class Discovery : IAsyncDisposable
{
    /// <summary>The DFU service as BlueZ writes it.</summary>
    public const string DfuService = "0000fe59-0000-1000-8000-00805f9b34fb";

    private const int TimeOutsToLose = 2;
    private const int FailuresToLose = 5;

    /// <summary>After a refusal, before the next try.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>The kernel waits 2 s for a controller: a refusal that took as long is one that did not answer.</summary>
    private static readonly TimeSpan KernelPatience = TimeSpan.FromSeconds(1.5);

    private readonly IBlueZObjects _objects;
    private readonly ObjectPath _adapter;
    private readonly TimeProvider _time;
    private readonly Func<ScanDuty> _duty;
    private readonly Action<string> _lost;
    private readonly Signal _wake;
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _awaitQuiet = [];
    private readonly Task _loop;
    private ScanStep _filter = ScanStep.Off;
    private volatile bool _running;
    private bool _asked;
    private volatile bool _disposed;
    private int _timeOuts;
    private int _failures;

    /// <param name="duty">The adapter's duty now; call <see cref="Wake"/> when it has changed.</param>
    /// <param name="lost">Told, with the reason for people, when the adapter does not scan.</param>
    public Discovery(IBlueZObjects objects, ObjectPath adapter, Func<ScanDuty> duty, Action<string> lost, TimeProvider time)
    {
        (_objects, _adapter, _duty, _lost, _time) = (objects, adapter, duty, lost, time);
        _wake = new(time);
        _loop = Background.Start("keep discovery on", LoopAsync);
    }

    public void Wake() => _wake.Set();

    /// <summary>BlueZ says that the adapter does not discover; when it was to, it is told again.</summary>
    public void Stopped()
    {
        if (!_running) return;
        _running = false;
        _wake.Set();
    }

    /// <summary>Waits until the adapter has been told to be quiet, which its duty must be.</summary>
    /// <exception cref="TimeoutException">It did not stop in time.</exception>
    public Task QuietAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _awaitQuiet.Add(quiet);
        _wake.Set();
        return quiet.Task.WithinAsync(timeout, _time, cancellationToken);
    }

    /// <summary>Stops scanning; at most some seconds, as no call takes longer.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        _wake.Set();
        await _loop;
    }

    private async Task LoopAsync()
    {
        var (duty, windows) = (ScanDuty.Off, 0);
        var (began, listened, offset) = (_time.GetTimestamp(), _time.GetTimestamp(), TimeSpan.Zero);
        while (!_disposed)
        {
            if (_running) listened = _time.GetTimestamp();
            var wanted = _duty();
            if (wanted != duty) (duty, began, offset) = (wanted, _time.GetTimestamp(), ScanPolicy.ResumeAt(wanted, windows, _time.GetElapsedTime(listened)));
            var (step, rest) = ScanPolicy.StepOf(duty, offset + _time.GetElapsedTime(began));
            if (duty == ScanDuty.Windows && step != ScanStep.Off && !_running) windows++;
            var done = await ApplyAsync(step);
            if (step == ScanStep.Off) TellQuiet();
            if (_duty() == duty && !_disposed) await _wake.WaitAsync(done ? rest : Retry);
        }

        await ApplyAsync(ScanStep.Off);
        TellQuiet();
    }

    private async Task<bool> ApplyAsync(ScanStep step)
    {
        try
        {
            if (step == ScanStep.Off) await StopAsync();
            else await StartAsync(step);
            return true;
        }
        catch (TimeoutException)
        {
            if (++_timeOuts >= TimeOutsToLose) _lost("it does not answer when it is told to scan");
            return false;
        }
        catch (Exception e)
        {
            if (++_failures >= FailuresToLose) _lost($"it does not scan: {Text(e)}");
            return false;
        }
    }

    private async Task StartAsync(ScanStep step)
    {
        var adapter = _objects.Proxy<IAdapter1>(_adapter);
        if (_filter != step || !_running)
        {
            // Filters are the connection's own and may be changed while it discovers; BlueZ forgets them with the discovery.
            await adapter.SetDiscoveryFilterAsync(Filter(step)).AnsweredAsync(BusCalls.Answer, _time, CancellationToken.None);
            _filter = step;
        }

        if (_running) return;
        _asked = true; // also when the answer does not come
        var began = _time.GetTimestamp();
        try
        {
            await adapter.StartDiscoveryAsync().AnsweredAsync(BusCalls.Answer, _time, CancellationToken.None);
        }
        catch (DBusException e) when (e.ErrorName == "org.bluez.Error.InProgress")
        {
            // It discovers for this connection already; or it failed to, which BlueZ 5.66 tells in the same words.
            if (!await adapter.GetAsync<bool>("Discovering").AnsweredAsync(BusCalls.Answer, _time, CancellationToken.None))
                throw _time.GetElapsedTime(began) >= KernelPatience ? new TimeoutException(e.Message, e) : new IOException(Text(e), e);
        }

        _running = true;
        IsWell();
    }

    private async Task StopAsync()
    {
        if (!_asked) return;
        _running = false;
        try
        {
            await _objects.Proxy<IAdapter1>(_adapter).StopDiscoveryAsync().AnsweredAsync(BusCalls.Answer, _time, CancellationToken.None);
            IsWell();
        }
        catch (DBusException)
        {
            // It had stopped already.
        }

        _asked = false;
    }

    /// <summary>Only what the adapter itself has done shows that.</summary>
    private void IsWell() => (_timeOuts, _failures) = (0, 0);

    private void TellQuiet()
    {
        TaskCompletionSource[] waiting;
        lock (_gate)
        {
            waiting = [.. _awaitQuiet];
            _awaitQuiet.Clear();
        }

        foreach (var one in waiting) one.TrySetResult();
    }

    private static Dictionary<string, object> Filter(ScanStep step)
    {
        var filter = new Dictionary<string, object> { ["Transport"] = "le", ["DuplicateData"] = true };
        if (step == ScanStep.Dfu) filter["UUIDs"] = new[] { DfuService };
        return filter;
    }

    private static string Text(Exception e) => e is DBusException { ErrorMessage.Length: > 0 } d ? d.ErrorMessage : e.Message;
}
