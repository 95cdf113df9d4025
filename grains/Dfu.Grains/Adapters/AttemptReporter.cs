using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains.Turns;

namespace Dfu.Grains.Adapters;

/// <summary>Tells a device's grain what happens in an attempt: in order, one report at a time, until it was accepted. Lives on one scheduler.</summary>
internal sealed class AttemptReporter(Func<AttemptReport, Task<bool>> send, int attempt, Func<DeviceTraffic> traffic, TimeSpan every, TimeProvider time)
{
    private readonly List<(DeviceEvent Event, TaskCompletionSource? Durable)> _events = [];
    private readonly TaskCompletionSource _firstAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastSent = time.GetTimestamp();
    private int _underWay;
    private bool _inFlight;
    private bool _urgent;
    private bool _failing;
    private bool _ended;

    /// <summary>Nothing more will be sent: the end was accepted, or the device did not want to hear any more.</summary>
    public bool Settled { get; private set; }

    /// <summary>Completes when the device has accepted a report, for the first time, and when it never will.</summary>
    public Task FirstAnswer => _firstAnswer.Task;

    /// <summary>Called when a report was accepted, with the timestamp of its sending.</summary>
    public Action<long> Accepted { get; init; } = static _ => { };

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
        var last = _events.Count - 1;
        if (e is DeviceEvent.Confirmed now && last >= _underWay && _events[last].Event is DeviceEvent.Confirmed before && before.Image == now.Image)
            _events[last] = (e, null);
        else _events.Add((e, durable));
        if (!urgent && durable is null && !_ended) return;
        _urgent = true;
        if (!_failing) Send();
    }

    /// <summary>Called several times a second; sends what is due, the mere news that the attempt lives included.</summary>
    /// <param name="next">When it is called again.</param>
    public void Tick(TimeSpan next)
    {
        if (_urgent || time.GetElapsedTime(_lastSent) + next > every) Send();
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
        while (true)
        {
            _urgent = false;
            _underWay = _events.Count;
            var final = _ended;
            var sent = _lastSent = time.GetTimestamp();
            bool accepted;
            try
            {
                accepted = await send(new() { Attempt = attempt, Events = new([.. _events.Select(static entry => entry.Event)]), Traffic = traffic() });
            }
            catch (Exception e)
            {
                (_inFlight, _failing, _urgent, _underWay) = (false, true, true, 0);
                Failed(e);
                return;
            }

            _failing = false;
            if (Settled) return;
            if (!accepted)
            {
                Settle();
                Refused();
                return;
            }

            foreach (var (_, durable) in _events.Take(_underWay)) durable?.TrySetResult();
            _events.RemoveRange(0, _underWay);
            _underWay = 0;
            Accepted(sent);
            _firstAnswer.TrySetResult();
            if (final)
            {
                Settle();
                return;
            }

            if (!_urgent) break;
        }

        _inFlight = false;
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
