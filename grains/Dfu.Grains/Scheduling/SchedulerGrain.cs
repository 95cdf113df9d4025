using Dfu.Fleet.Access;
using Dfu.Fleet.Telemetry;
using Dfu.Grains.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Scheduling;

/// <summary>The <see cref="SchedulerBoard"/> behind calls. No turn waits for another grain: grants and news are calls of their own.</summary>
internal sealed class SchedulerGrain(FleetHost host, ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain, IDisposable
{
    private readonly SchedulerBoard _board = new(host.Policy, host.Times, host.Time.GetUtcNow());
    private readonly SchedulerGauge _gauge = new(host.Time);
    private IDisposable? _gauges;
    private long _lastPlan;
    private bool _planning;

    private DateTimeOffset Now => host.Time.GetUtcNow();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _gauges = FleetGauges.Add(_gauge.Read);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

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
        foreach (var campaign in _board.TakeListening()) Tell(campaign, static grain => grain.ListeningAsync());
        foreach (var (campaign, devices) in _board.TakeFound()) Tell(campaign, grain => grain.FoundAsync(devices));
        if (!_board.PlanNeeded || _planning) return;
        _planning = true;
        OwnWork.Run(logger, "plan", "scheduler", PlanAsync, LogLevel.Error);
    }

    private async Task PlanAsync()
    {
        try
        {
            var pause = host.Times.Plan - host.Time.GetElapsedTime(_lastPlan);
            if (_lastPlan != 0 && pause > TimeSpan.Zero) await Task.Delay(pause, host.Time);
            _lastPlan = host.Time.GetTimestamp();
            foreach (var grant in _board.Plan(Now)) Grant(grant);
        }
        finally
        {
            _planning = false;
        }
    }

    /// <remarks>Where the call fails nobody knows whether the device has the slot: the promise stands until its time is over.</remarks>
    private void Grant(BoardGrant grant) => OwnWork.Run(logger, "be granted a slot", grant.Device, async () =>
    {
        if (await GrainFactory.GetGrain<IDeviceGrain>(grant.Device.ToString()).GrantAsync(grant.Event))
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

    private void Tell(string campaign, Func<ICampaignGrain, Task> tell) =>
        OwnWork.Run(logger, "be told what was heard", campaign, () => tell(GrainFactory.GetGrain<ICampaignGrain>(campaign)));
}
