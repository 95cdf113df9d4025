using Dfu.Fleet.Telemetry;
using Dfu.Grains.Hosting;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Scheduling;

/// <summary>The <see cref="SchedulerBoard"/> behind calls. No turn waits for another grain: grants and news are calls of their own.</summary>
internal sealed class SchedulerGrain(FleetHost host, ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain, IDisposable
{
    private static readonly TimeSpan PlanEvery = TimeSpan.FromSeconds(0.05);

    private readonly SchedulerBoard _board = new(host.Policy, host.Times, host.Time.GetUtcNow());
    private IDisposable? _gauge;
    private int _waiting;
    private long _lastPlan;
    private bool _planning;

    private DateTimeOffset Now => host.Time.GetUtcNow();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _gauge = FleetGauges.Add(() => new(Volatile.Read(ref _waiting), []));
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _gauge?.Dispose();

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

    public Task<LiveReport> LiveAsync(string campaign) => Task.FromResult(_board.Live(campaign, Now));

    private void FollowUp()
    {
        Volatile.Write(ref _waiting, _board.Waits);
        foreach (var campaign in _board.TakeListening()) _ = TellAsync(campaign, static grain => grain.ListeningAsync());
        foreach (var (campaign, devices) in _board.TakeFound()) _ = TellAsync(campaign, grain => grain.FoundAsync(devices));
        if (!_board.PlanNeeded || _planning) return;
        _planning = true;
        _ = PlanAsync();
    }

    private async Task PlanAsync()
    {
        OwnWork.Begin();
        try
        {
            var pause = PlanEvery - host.Time.GetElapsedTime(_lastPlan);
            if (_lastPlan != 0 && pause > TimeSpan.Zero) await Task.Delay(pause, host.Time);
            _lastPlan = host.Time.GetTimestamp();
            foreach (var grant in _board.Plan(Now)) _ = GrantAsync(grant);
        }
        catch (Exception e)
        {
            logger.PlanFailed(e);
        }
        finally
        {
            _planning = false;
        }
    }

    private async Task GrantAsync(BoardGrant grant)
    {
        try
        {
            if (await GrainFactory.GetGrain<IDeviceGrain>(grant.Device.ToString()).GrantAsync(grant.Event)) _board.Accepted(grant);
            else _board.Refused(grant);
            FollowUp();
        }
        catch (Exception e)
        {
            // Whether the device has it is not known: the promise stands until its time is over.
            logger.GrantFailed(grant.Device, e);
        }
    }

    private async Task TellAsync(string campaign, Func<ICampaignGrain, Task> tell)
    {
        OwnWork.Begin();
        try
        {
            await tell(GrainFactory.GetGrain<ICampaignGrain>(campaign));
        }
        catch (Exception e)
        {
            logger.TellFailed(campaign, e);
        }
    }
}
