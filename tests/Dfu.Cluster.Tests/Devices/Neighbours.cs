using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>How the grains around a device answer it; what nobody scripted is answered well.</summary>
internal sealed class Neighbours(Steps steps)
{
    public Steps Steps => steps;

    public ConcurrentDictionary<BluetoothAddress, Func<AttemptOrder, Task<AttemptAnswer>>> Begins { get; } = new();

    public ConcurrentDictionary<BluetoothAddress, Func<AirReport>> Airs { get; } = new();

    public ConcurrentDictionary<BluetoothAddress, Func<Task>> Campaigns { get; } = new();
}

internal sealed class ScriptedAdapter(Neighbours neighbours) : Grain, IAdapterGrain
{
    public Task<ControlAnswer> ControlAsync(AdapterControl control) => throw new NotSupportedException();

    public Task ServedElsewhereAsync(AttemptName attempt)
    {
        neighbours.Steps.Add(attempt.Device, $"{this.GetPrimaryKeyString()} {attempt.Epoch}: attempt {attempt.Attempt} was served elsewhere");
        return Task.CompletedTask;
    }

    public Task<AttemptAnswer> BeginAsync(AttemptOrder order)
    {
        neighbours.Steps.Add(order.Device.Id, $"begin {order.Device.Attempt} for {order.Place.Campaign}");
        return neighbours.Begins.TryGetValue(order.Device.Id, out var answer) ? answer(order) : Task.FromResult(AttemptAnswer.Running);
    }

    public Task StopAttemptAsync(AttemptStop stop) => Note(stop.Attempt, $"stop {stop.Attempt.Attempt} {stop.Reason}");

    public Task LendSlotAsync(AttemptName attempt) => Note(attempt, $"lend {attempt.Attempt}");

    public Task RetakeSlotAsync(AttemptName attempt) => Note(attempt, $"retake {attempt.Attempt}");

    public Task WakeAsync() => Task.CompletedTask;

    public Task<AdapterOpening> OpenedAsync() => Task.FromResult(new AdapterOpening());

    public Task<int> LeaveAsync() => Task.FromResult(0);

    public Task StopAsync() => Task.CompletedTask;

    public Task<AdapterState> GetAsync() => Task.FromResult(new AdapterState { Id = this.GetPrimaryKeyString() });

    private Task Note(AttemptName attempt, string step)
    {
        neighbours.Steps.Add(attempt.Device, step);
        return Task.CompletedTask;
    }
}

internal sealed class ScriptedScheduler(Neighbours neighbours) : Grain, ISchedulerGrain
{
    public Task AdapterAsync(AdapterReport report) => Task.CompletedTask;

    public Task CampaignAsync(CampaignWatch watch) => Task.CompletedTask;

    public Task<AirReport> WaitingAsync(SlotRequest request)
    {
        neighbours.Steps.Add(request.Device.Id, $"ask {request.Device.Phase} after {request.Device.Attempt}");
        return Task.FromResult(neighbours.Airs.TryGetValue(request.Device.Id, out var air) ? air() : Given.Air());
    }

    public Task<LiveReport> LiveAsync(string campaign, bool signals) => Task.FromResult(new LiveReport());

    public Task<HeardAir> HeardAsync() => Task.FromResult(new HeardAir([], []));
}

internal sealed class ScriptedCampaign(Neighbours neighbours) : Grain, ICampaignGrain
{
    public Task<ControlAnswer> ControlAsync(CampaignControl control) => throw new NotSupportedException();

    public Task<CampaignStanding> StandingAsync() => throw new NotSupportedException();

    public Task ForgetAsync() => Task.CompletedTask;

    public async Task DeviceChangedAsync(DeviceState device)
    {
        neighbours.Steps.Add(device.Id, $"changed {device.Phase}");
        await Answer(device);
    }

    public async Task DeviceEndedAsync(DeviceState device)
    {
        neighbours.Steps.Add(device.Id, $"ended {device.Outcome}");
        await Answer(device);
    }

    public Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels) => Task.CompletedTask;

    public Task WakeAsync() => Task.CompletedTask;

    public Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld) => throw new KeyNotFoundException();

    public Task<bool> AbandonAsync() => throw new NotSupportedException();

    public Task<bool> IsOverAsync() => throw new KeyNotFoundException();

    public Task CancelAsync() => Task.CompletedTask;

    public Task FoundAsync(ImmutableArray<BluetoothAddress> devices) => Task.CompletedTask;

    public Task ListeningAsync() => Task.CompletedTask;

    public Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass) => throw new NotSupportedException();

    public Task LearnedAsync(LearnedReport report) => Task.CompletedTask;

    private Task Answer(DeviceState device) => neighbours.Campaigns.TryGetValue(device.Id, out var answer) ? answer() : Task.CompletedTask;
}
