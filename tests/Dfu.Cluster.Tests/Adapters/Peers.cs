using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Adapters;

/// <summary>What an adapter's grain told the others, and what they answer.</summary>
internal sealed class Peers
{
    private readonly ConcurrentDictionary<string, PeerDevice> _devices = new();
    private int _underWay;

    public ConcurrentQueue<(string Campaign, CampaignEvent Event)> Learned { get; } = new();
    public ConcurrentQueue<AdapterReport> Adapters { get; } = new();
    public CampaignKnowledge Knowledge { get; set; } = new(new(), null, TimeSpan.Zero, false);

    public ConcurrentQueue<AuditEntry> Audit { get; } = new();

    /// <summary>The audit cannot be reached while this is set.</summary>
    public Exception? AuditIsAway { get; set; }

    /// <summary>Campaigns cannot be reached while this is set.</summary>
    public Exception? CampaignsAreAway { get; set; }

    /// <summary>All calls between grains have been answered but those that the test holds back.</summary>
    public bool Quiet => Volatile.Read(ref _underWay) == _devices.Values.Sum(static device => device.Held);

    public override string ToString() =>
        $"{Volatile.Read(ref _underWay)} calls under way, {_devices.Values.Sum(static device => device.Held)} of them held back";

    public async Task CountAsync(IOutgoingGrainCallContext call)
    {
        if (call.SourceContext is not { GrainId.Type: var type } || type != GrainType.Create("dfu.adapter"))
        {
            await call.Invoke();
            return;
        }

        Interlocked.Increment(ref _underWay);
        try
        {
            await call.Invoke();
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    public PeerDevice Device(string key) => _devices.GetOrAdd(key, static _ => new());

    public PeerDevice Device(BluetoothAddress address) => Device(address.ToString());
}

internal sealed class PeerDevice
{
    private readonly TaskCompletionSource<DeviceEvent.Ended> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;
    private int _taken;

    public ConcurrentQueue<AttemptReport> Reports { get; } = new();

    /// <summary>Adapters that said that they were to blame.</summary>
    public ConcurrentQueue<(string Adapter, int Epoch, int Attempt)> Blamed { get; } = new();

    /// <summary>What it says to reports; it takes whatever comes unless a test wants otherwise.</summary>
    public Func<AttemptReport, Task<bool>> Answer { get; set; } = static _ => Task.FromResult(true);

    public IEnumerable<DeviceEvent> Events => Reports.SelectMany(static report => report.Events);

    /// <summary>Completes with the first end that is reported.</summary>
    public Task<DeviceEvent.Ended> Ended => _ended.Task;

    public DeviceEvent.Ended? End => Events.OfType<DeviceEvent.Ended>().LastOrDefault();

    /// <summary>Reports without an answer yet.</summary>
    public int Held => Volatile.Read(ref _held);

    public async Task<ReportReceipt> ReportAsync(AttemptReport report)
    {
        Reports.Enqueue(report);
        var events = report.Events;
        if (events.OfType<DeviceEvent.Ended>().FirstOrDefault() is { } end) _ended.TrySetResult(end);
        var answer = Answer(report);
        if (answer.IsCompleted) return Receipt(await answer, events);
        Interlocked.Increment(ref _held);
        try
        {
            return Receipt(await answer, events);
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }

    /// <summary>What it takes is durable.</summary>
    private ReportReceipt Receipt(bool accepted, ImmutableArray<DeviceEvent> events)
    {
        if (!accepted) return new() { Over = true };
        if (!events.IsEmpty) _taken = Math.Max(_taken, events[^1].Number);
        return new() { Renews = true, Taken = _taken, Saved = _taken };
    }
}

[Orleans.Concurrency.Reentrant]
internal sealed class PeerDeviceGrain(Peers peers) : Grain, IDeviceGrain
{
    public Task<DevicePassport?> PassportAsync() => Task.FromResult<DevicePassport?>(null);

    public Task AdapterBlamedAsync(string adapter, int epoch, int attempt)
    {
        peers.Device(this.GetPrimaryKeyString()).Blamed.Enqueue((adapter, epoch, attempt));
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string campaign) => Task.CompletedTask;

    public Task<bool> JoinAsync(CampaignPlace place) => Task.FromResult(true);

    public Task CancelAsync(string campaign, int run, bool drain) => Task.CompletedTask;

    public Task PauseAsync(string campaign, int attempt) => Task.CompletedTask;

    public Task<bool> GrantAsync(DeviceEvent.Granted grant) => Task.FromResult(true);

    public Task<ReportReceipt> ReportAsync(AttemptReport report) => peers.Device(this.GetPrimaryKeyString()).ReportAsync(report);

    public Task<DeviceState?> GetAsync() => Task.FromResult<DeviceState?>(null);

    public Task<ImmutableArray<Dfu.Fleet.Storage.HistoryEntry>> HistoryAsync() => Task.FromResult(ImmutableArray<Dfu.Fleet.Storage.HistoryEntry>.Empty);
}

internal sealed class PeerAuditGrain(Peers peers) : Grain, IAuditGrain
{
    public Task AppendAsync(ImmutableArray<AuditEntry> entries)
    {
        if (peers.AuditIsAway is { } away) return Task.FromException(away);
        foreach (var entry in entries.Where(entry => peers.Audit.All(known => known.Id != entry.Id))) peers.Audit.Enqueue(entry);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<AuditEntry>> ReadAsync(string? subject, int most) => throw new NotSupportedException();
}

internal sealed class PeerCampaignGrain(Peers peers) : Grain, ICampaignGrain
{
    public Task<ControlAnswer> ControlAsync(CampaignControl control) => throw new NotSupportedException();

    public Task<CampaignStanding> StandingAsync() => throw new NotSupportedException();

    public Task ForgetAsync() => Task.CompletedTask;

    public Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels) => Task.CompletedTask;

    public Task WakeAsync() => Task.CompletedTask;

    public Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld) => throw new KeyNotFoundException();

    public Task<bool> AbandonAsync() => throw new NotSupportedException();

    public Task<bool> IsOverAsync() => throw new KeyNotFoundException();

    public Task CancelAsync() => Task.CompletedTask;

    public Task FoundAsync(ImmutableArray<BluetoothAddress> devices) => Task.CompletedTask;

    public Task ListeningAsync() => Task.CompletedTask;

    public Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass) =>
        peers.CampaignsAreAway is { } away ? Task.FromException<CampaignKnowledge>(away) : Task.FromResult(peers.Knowledge);

    public Task LearnedAsync(LearnedReport report)
    {
        if (peers.CampaignsAreAway is { } away) return Task.FromException(away);
        foreach (var e in report.Events) peers.Learned.Enqueue((this.GetPrimaryKeyString(), e));
        return Task.CompletedTask;
    }

    public Task DeviceChangedAsync(DeviceState device) => Task.CompletedTask;

    public Task DeviceEndedAsync(DeviceState device) => Task.CompletedTask;
}

internal sealed class PeerSchedulerGrain(Peers peers) : Grain, ISchedulerGrain
{
    public Task AdapterAsync(AdapterReport report)
    {
        peers.Adapters.Enqueue(report);
        return Task.CompletedTask;
    }

    public Task CampaignAsync(CampaignWatch watch) => Task.CompletedTask;

    public Task<AirReport> WaitingAsync(SlotRequest request) => Task.FromResult(new AirReport());

    public Task<LiveReport> LiveAsync(string campaign, bool signals) => Task.FromResult(new LiveReport());

    public Task<HeardAir> HeardAsync() => Task.FromResult(new HeardAir([], []));
}
