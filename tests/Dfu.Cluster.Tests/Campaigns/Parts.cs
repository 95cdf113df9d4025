using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Cluster.Tests.Campaigns;

/// <summary>A device as a test wants it: what it was told, and what it answers.</summary>
internal sealed class PartDevice(BluetoothAddress id)
{
    private readonly Lock _gate = new();

    public DeviceState? State { get; set; }
    public string? Campaign { get; set; }
    public int Joins { get; private set; }
    public CampaignLimits? Limits { get; private set; }
    public int Retries { get; private set; }
    public int Cancels { get; private set; }
    public int Gets { get; private set; }

    /// <summary>Of <see cref="Cancels"/>: those that let an attempt end.</summary>
    public int Drains { get; private set; }

    /// <summary>It was to begin anew.</summary>
    public bool Anew { get; private set; }

    /// <summary>Attempts that were to be broken off, one for every time that was said.</summary>
    public ConcurrentQueue<int> Pauses { get; } = new();

    /// <summary>Trace parents of its campaign, one for every time it joined.</summary>
    public ConcurrentQueue<string?> Traces { get; } = new();

    public ConcurrentQueue<DeviceEvent.Granted> Grants { get; } = new();

    /// <summary>It does not wait for a slot any more.</summary>
    public bool Refuses { get; set; }

    /// <summary>It is in another campaign that is not over.</summary>
    public bool Busy { get; set; }

    /// <summary>Calls to it fail.</summary>
    public bool Unreachable { get; set; }

    /// <summary>Calls of <see cref="IDeviceGrain.JoinAsync"/> wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async Task<bool> JoinAsync(CampaignPlace place)
    {
        await Gate;
        lock (_gate)
        {
            Joins++;
            Limits = place.Limits;
            if (Unreachable) throw new TimeoutException("nobody answers");
            if (Busy) return false;
            if (Campaign != place.Campaign) State = DeviceState.New(id, place.ImageSizes, default) with { EarlierCampaign = Campaign };
            Campaign = place.Campaign;
            Traces.Enqueue(place.TraceParent);
            if (place.Run == 0) return true;
            Retries++;
            Anew |= place.Anew;
            State = State! with { Phase = DevicePhase.Queued, Outcome = DeviceOutcome.Pending, Error = DfuError.None, Detail = "", EndedAt = null,
                Run = place.Run };
            return true;
        }
    }

    public void Cancel(string campaign, bool drain)
    {
        lock (_gate)
        {
            if (Unreachable) throw new TimeoutException("nobody answers");
            if (campaign != Campaign) return;
            Cancels++;
            if (drain) Drains++;
        }
    }

    public void Pause(string campaign, int attempt)
    {
        lock (_gate)
        {
            if (Unreachable) throw new TimeoutException("nobody answers");
            if (campaign == Campaign) Pauses.Enqueue(attempt);
        }
    }

    public bool Grant(DeviceEvent.Granted grant)
    {
        Grants.Enqueue(grant);
        return !Refuses;
    }

    public DeviceState? Get()
    {
        lock (_gate)
        {
            Gets++;
            return Unreachable ? throw new TimeoutException("nobody answers") : State;
        }
    }
}

/// <summary>What the campaigns and directories of a test meet.</summary>
internal sealed class Parts
{
    private readonly ConcurrentDictionary<string, PartDevice> _devices = new();
    private int _views;

    public ConcurrentQueue<CampaignWatch> Watches { get; } = new();
    public LiveReport Live { get; set; } = new();

    /// <summary>What the audit was told, as often as it was.</summary>
    public ConcurrentQueue<AuditEntry> Audit { get; } = new();

    /// <summary>The audit does not answer.</summary>
    public bool AuditAway { get; set; }
    public int LiveCalls => _views;

    public PartDevice Device(string key) => _devices.GetOrAdd(key, static key => new(BluetoothAddress.Parse(key)));

    public PartDevice Device(int n) => Device(Address(n).ToString());

    public static BluetoothAddress Address(int n) => new(0xC0_00_00_00_00_00ul + ((ulong)n * 16));

    public LiveReport TakeLive()
    {
        Interlocked.Increment(ref _views);
        return Live;
    }
}

internal sealed class PartDeviceGrain(Parts parts) : Grain, IDeviceGrain
{
    public Task<DevicePassport?> PassportAsync() => Task.FromResult<DevicePassport?>(null);

    public Task AdapterBlamedAsync(string adapter, int epoch, int attempt) => Task.CompletedTask;

    private PartDevice Device => parts.Device(this.GetPrimaryKeyString());

    public Task ForgetAsync(string campaign) => Task.CompletedTask;

    public Task<bool> JoinAsync(CampaignPlace place) => Device.JoinAsync(place);

    public Task CancelAsync(string campaign, int run, bool drain)
    {
        Device.Cancel(campaign, drain);
        return Task.CompletedTask;
    }

    public Task PauseAsync(string campaign, int attempt)
    {
        Device.Pause(campaign, attempt);
        return Task.CompletedTask;
    }

    public Task<bool> GrantAsync(DeviceEvent.Granted grant) => Task.FromResult(Device.Grant(grant));

    public Task<ReportReceipt> ReportAsync(AttemptReport report) => Task.FromResult(new ReportReceipt { Over = true });

    public Task<DeviceState?> GetAsync() => Task.FromResult(Device.Get());

    public Task<ImmutableArray<HistoryEntry>> HistoryAsync() => Task.FromResult(ImmutableArray<HistoryEntry>.Empty);
}

internal sealed class PartSchedulerGrain(Parts parts) : Grain, ISchedulerGrain
{
    public Task AdapterAsync(AdapterReport report) => Task.CompletedTask;

    public Task CampaignAsync(CampaignWatch watch)
    {
        parts.Watches.Enqueue(watch);
        return Task.CompletedTask;
    }

    public Task<AirReport> WaitingAsync(SlotRequest request) => Task.FromResult(new AirReport());

    public Task<LiveReport> LiveAsync(string campaign, bool signals) => Task.FromResult(campaign == CampaignCluster.Nobody ? new() : parts.TakeLive());

    public Task<HeardAir> HeardAsync() => Task.FromResult(new HeardAir([], []));
}

internal sealed class PartAuditGrain(Parts parts) : Grain, IAuditGrain
{
    public Task AppendAsync(ImmutableArray<AuditEntry> entries)
    {
        if (parts.AuditAway) throw new TimeoutException("nobody answers");
        foreach (var entry in entries) parts.Audit.Enqueue(entry);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<AuditEntry>> ReadAsync(string? subject, int most) => Task.FromResult(ImmutableArray<AuditEntry>.Empty);
}

/// <summary>Every package is there, and as an order says.</summary>
internal sealed class PartPackageGrain : Grain, IPackageGrain
{
    public Task<bool> ForgetAsync() => Task.FromResult(false);

    public Task<PackageAnswer> PutAsync(byte[] file, string by) => Task.FromResult(PackageAnswer.Taken);

    public Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only) => Task.FromResult(PackageAnswer.Taken);

    public Task<byte[]?> GetAsync() => Task.FromResult<byte[]?>(null);

    public Task<bool> ExistsAsync() => Task.FromResult(true);

    public Task<PackageAnswer> DeleteAsync(string by) => Task.FromResult(PackageAnswer.Taken);
}
