using Dfu.Fleet.Access;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Scheduling;

/// <summary>The <see cref="SchedulerBoard"/> behind calls. No turn waits for a peer: grants and news are calls of their own.</summary>
internal sealed class SchedulerActivation(IActivation activation) : ISchedulerPeer, IDisposable
{
    private readonly SchedulerBoard _board =
        new(activation.Host.Policy, activation.Host.Times, activation.Host.Time.GetUtcNow(), activation.Host.Machines);
    private readonly SchedulerGauge _gauge = new(activation.Host.Time);
    private IDisposable? _gauges;
    private long _lastPlan;
    private bool _planning;

    private DateTimeOffset Now => activation.Host.Time.GetUtcNow();

    public void Begin() => _gauges = activation.Host.Gauges(_gauge.Read);

    public void Dispose() => _gauges?.Dispose();

    public Task AdapterAsync(AdapterReport report)
    {
        _board.Report(report, Now);
        FollowUp();
        return Task.CompletedTask;
    }

    public Task CampaignAsync(CampaignWatch watch)
    {
        _board.Watch(watch, Now);
        FollowUp();
        return Task.CompletedTask;
    }

    public Task<AirReport> WaitingAsync(SlotRequest request)
    {
        var air = _board.Request(request, Now);
        FollowUp();
        return Task.FromResult(air);
    }

    public Task<LiveReport> LiveAsync(string campaign, bool signals) => Task.FromResult(_board.Live(campaign, Now, signals));

    public Task<HeardAir> HeardAsync() => Task.FromResult(_board.Heard(Now));

    private void FollowUp()
    {
        _gauge.Look(_board);
        foreach (var campaign in _board.TakeListening()) Tell(campaign, static peer => peer.ListeningAsync());
        foreach (var (campaign, devices) in _board.TakeFound()) Tell(campaign, peer => peer.FoundAsync(devices));
        if (!_board.PlanNeeded || _planning) return;
        _planning = true;
        OwnWork.Run(activation.Log, "plan", "scheduler", PlanAsync, LogLevel.Error);
    }

    private async Task PlanAsync()
    {
        try
        {
            var pause = activation.Host.Times.Plan - activation.Host.Time.GetElapsedTime(_lastPlan);
            if (_lastPlan != 0 && pause > TimeSpan.Zero) await Task.Delay(pause, activation.Host.Time);
            _lastPlan = activation.Host.Time.GetTimestamp();
            foreach (var grant in _board.Plan(Now)) Grant(grant);
        }
        finally
        {
            _planning = false;
        }
    }

    /// <remarks>Where the call fails nobody knows whether the device has the slot: the promise stands until its time is over.</remarks>
    private void Grant(BoardGrant grant) => OwnWork.Run(activation.Log, "be granted a slot", grant.Device, async () =>
    {
        if (await activation.Peers.Device(grant.Device).GrantAsync(grant.Event))
        {
            WaitMetrics.Granted(grant.Event.At - grant.AskedAt);
            _board.Accepted(grant);
        }
        else
        {
            _board.Refused(grant);
        }

        FollowUp();
    });

    private void Tell(string campaign, Func<ICampaignPeer, Task> tell) =>
        OwnWork.Run(activation.Log, "be told what was heard", campaign, () => tell(activation.Peers.Campaign(campaign)));
}
