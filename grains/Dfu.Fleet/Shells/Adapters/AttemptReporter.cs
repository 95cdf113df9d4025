using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>
/// Tells a device what happens in an attempt: numbered, in order, one report at a time, until all of it is durable. Lives on one scheduler.
/// </summary>
internal sealed class AttemptReporter(
    Func<AttemptReport, Task<ReportReceipt>> send, int attempt, Func<DeviceTraffic> traffic, TimeSpan every, TimeProvider time, TimeProvider wall)
{
    /// <summary>Those that are not known to be durable; they are numbered without a gap.</summary>
    private readonly List<(DeviceEvent Event, TaskCompletionSource? Durable)> _events = [];
    private readonly TaskCompletionSource _firstAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HostMoment _lastSent = HostMoment.Now(time, wall);
    private int _last;
    private int _saved;
    private int _taken;
    private int _sent;
    private bool _inFlight;
    private bool _urgent;
    private bool _failing;
    private bool _ended;

    /// <summary>Nothing more will be sent: the end is durable, or the device did not want to hear any more.</summary>
    public bool Settled { get; private set; }

    /// <summary>Completes when the device has let the attempt go on, for the first time, and when it never will.</summary>
    public Task FirstAnswer => _firstAnswer.Task;

    /// <summary>Called when a report renewed the lease, with the moment of its sending.</summary>
    public Action<HostMoment> Accepted { get; init; } = static _ => { };

    /// <summary>Called once when the device says that the attempt is over.</summary>
    public Action Refused { get; init; } = static () => { };

    /// <summary>Called when a call failed; it is made again.</summary>
    public Action<Exception> Failed { get; init; } = static _ => { };

    /// <summary>Called once when <see cref="Settled"/> becomes true.</summary>
    public Action WhenSettled { get; init; } = static () => { };

    /// <param name="durable">Set when the event is stored, cancelled when it never will be.</param>
    public void Add(DeviceEvent e, TaskCompletionSource? durable = null, bool urgent = false)
    {
        if (Settled || _ended)
        {
            durable?.TrySetCanceled();
            return;
        }

        _ended = e is DeviceEvent.Ended;
        if (e is DeviceEvent.Confirmed now && _last > _sent && _events[^1].Event is DeviceEvent.Confirmed before && before.Image == now.Image)
            _events[^1] = (now with { Number = _last }, null);
        else _events.Add((e with { Number = ++_last }, durable));
        if (!urgent && durable is null && !_ended) return;
        _urgent = true;
        if (!_failing) Send();
    }

    /// <summary>Called several times a second; sends what is due, the mere news that the attempt lives included.</summary>
    /// <param name="next">When it is called again.</param>
    public void Tick(TimeSpan next)
    {
        if (_urgent || time.GetElapsedTime(_lastSent.Timestamp) + next > every) Send();
    }

    /// <summary>Sends at once, for a device that asks.</summary>
    public void Again()
    {
        _urgent = true;
        Send();
    }

    /// <summary>Gives up what could not be reported.</summary>
    public void Abandon() => Settle();

    private void Send()
    {
        if (!_inFlight && !Settled) OwnWork.Run("report to a device", SendAsync, Failed);
    }

    private async Task SendAsync()
    {
        _inFlight = true;
        do
        {
            _urgent = false;
            var final = _ended;
            var sent = _lastSent = HostMoment.Now(time, wall);
            _sent = _last;
            ReportReceipt receipt;
            try
            {
                var news = _events.Skip(_taken - _saved).Select(static entry => entry.Event);
                receipt = await send(new() { Attempt = attempt, Events = [.. news], Traffic = traffic() });
            }
            catch (Exception e)
            {
                (_inFlight, _failing, _urgent) = (false, true, true);
                Failed(e);
                return;
            }

            _failing = false;
            if (Settled || Take(receipt, sent, final)) return;
        }
        while (_urgent);

        _inFlight = false;

        // What waits for slow storage is asked for with each tick.
        _urgent = _ended || _events.Exists(static entry => entry.Durable is not null);
    }

    /// <returns>Whether it was the last one.</returns>
    private bool Take(ReportReceipt receipt, HostMoment sent, bool final)
    {
        var durable = Math.Clamp(receipt.Saved - _saved, 0, _events.Count);
        foreach (var entry in _events.Take(durable)) entry.Durable?.TrySetResult();
        _events.RemoveRange(0, durable);
        _saved += durable;

        // A device activated anew knows what is stored, and wants the rest once more.
        var taken = Math.Clamp(receipt.Taken, _saved, _last);
        _urgent |= taken < _taken;
        _taken = taken;
        if (receipt.Renews)
        {
            Accepted(sent);
            _firstAnswer.TrySetResult();
        }

        var told = final && _events.Count == 0;
        if (!told && !receipt.Over) return false;
        Settle();
        if (!told) Refused();
        return true;
    }

    private void Settle()
    {
        if (Settled) return;
        Settled = true;
        _firstAnswer.TrySetResult();
        foreach (var (_, durable) in _events) durable?.TrySetCanceled();
        _events.Clear();
        WhenSettled();
    }
}
