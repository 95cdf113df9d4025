using System.Collections.Immutable;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Grains.Campaigns;
using Dfu.Grains.Directory;
using Dfu.Grains.Scheduling;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Core.Internal;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Dfu.Cluster.Tests.Campaigns;

/// <summary>A silo with campaigns and their directory among devices and a scheduler that do what a test wants. The test moves the time.</summary>
internal sealed class CampaignCluster : IAsyncDisposable, IPackageCache
{
    public const string Package = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>No campaign's id.</summary>
    public const string Nobody = "nobody";

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(0.25);

    private static readonly Type[] Classes =
        [typeof(CampaignGrain), typeof(FleetGrain), typeof(PartDeviceGrain), typeof(PartPackageGrain), typeof(PartAuditGrain)];

    private readonly bool _reminders;
    private readonly Type[] _classes;
    private readonly CallsUnderWay _calls = new();
    private InProcessTestCluster _cluster = null!;

    private CampaignCluster(bool reminders, Type scheduler) =>
        (_reminders, _classes) = (reminders, [.. Classes, scheduler]);

    public HandTime Time { get; } = new();
    public Parts Parts { get; } = new();
    public CountingStorage Storage { get; } = new();
    public InProcessTestCluster Cluster => _cluster;

    public IFleetGrain Fleet => _cluster.Client.GetGrain<IFleetGrain>(0);

    public ISchedulerGrain Scheduler => _cluster.Client.GetGrain<ISchedulerGrain>(0);

    /// <param name="scheduler">Whether the scheduler is the product's and not a test's.</param>
    public static async Task<CampaignCluster> StartAsync(bool reminders = false, bool scheduler = false)
    {
        var cluster = new CampaignCluster(reminders, scheduler ? typeof(SchedulerGrain) : typeof(PartSchedulerGrain));
        await cluster.DeployAsync();
        return cluster;
    }

    public ICampaignGrain Campaign(string id) => _cluster.Client.GetGrain<ICampaignGrain>(id);

    public static CampaignOrder Order(int devices = 3, TargetSelection? targets = null, char package = '0', bool restart = false) => new()
    {
        PackageId = package + Package[1..],
        ImageSizes = [40_960],
        HwVersion = 52,
        Targets = targets ?? Named(devices),
        Restart = restart,
    };

    public static TargetSelection Named(int devices, int from = 1) => new() { Addresses = [.. Enumerable.Range(from, devices).Select(Parts.Address)] };

    /// <summary>Starts and returns the campaign's id.</summary>
    public async Task<string> BeginAsync(CampaignOrder? order = null)
    {
        var ticket = await Fleet.StartAsync(order ?? Order()).Soon();
        Assert.Equal(DfuError.None, ticket.Refusal);
        return ticket.Campaign;
    }

    /// <summary>A device's state as its grain would send it.</summary>
    public DeviceState State(int n, Func<DeviceState, DeviceState>? with = null)
    {
        var state = Parts.Device(n).State ?? DeviceState.New(Parts.Address(n), [40_960], Time.GetUtcNow());
        return Parts.Device(n).State = with is null ? state : with(state);
    }

    /// <summary>Told as the device would, until it is durable.</summary>
    public Task EndAsync(string campaign, int n, DeviceOutcome outcome = DeviceOutcome.Updated, DfuError error = DfuError.None) =>
        Campaign(campaign).DeviceEndedAsync(State(n, state => state with
        {
            Phase = DevicePhase.Done,
            Attempt = state.Attempt + 1,
            Outcome = outcome,
            Error = error,
            BytesSent = 41_000,
            BytesDistinct = 40_960,
            StartedAt = Time.GetUtcNow().AddSeconds(-9),
            EndedAt = Time.GetUtcNow(),
        }));

    /// <summary>All of them, the time going on meanwhile.</summary>
    public async Task EndAllAsync(string campaign, int devices, DeviceOutcome outcome = DeviceOutcome.Updated, DfuError error = DfuError.None)
    {
        var ends = Enumerable.Range(1, devices).Select(n => EndAsync(campaign, n, outcome, error)).ToArray();
        await UntilAsync(() => ends.All(static end => end.IsCompleted), "all outcomes are durable");
        foreach (var end in ends) await end;
    }

    /// <summary>Calls to this campaign get no answer while it is set.</summary>
    public string? Unreachable
    {
        set => _calls.Hold(value);
    }

    public Task<CampaignView> ViewAsync(string campaign) => Campaign(campaign).ViewAsync().Soon();

    /// <summary>A view that is not a cached one.</summary>
    public async Task<CampaignView> FreshAsync(string campaign)
    {
        await PassAsync(Step.TotalSeconds);
        return await ViewAsync(campaign);
    }

    /// <summary>Everything that follows from what happened so far has happened, except what waits for time, storage or a gate.</summary>
    public async Task SettleAsync()
    {
        for (var turn = 0; turn < 3; turn++)
        {
            // Whom time has woken is behind nothing else in its queue, so it has had its turn when a call after that is answered.
            await Scheduler.LiveAsync(Nobody, signals: false).Soon();
            foreach (var entry in await Fleet.ListAsync().Soon())
                await Campaign(entry.Campaign).DeviceChangedAsync(DeviceState.New(default, [], default)).Soon();
            for (var trips = 0; _calls.UnderWay > 0 && trips < 100; trips++)
                await _cluster.Client.GetGrain<IDeviceGrain>(Parts.Address(1).ToString()).HistoryAsync().Soon();
        }
    }

    public async Task PassAsync(double seconds)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= Step)
        {
            Time.Advance(Step);
            await SettleAsync();
        }
    }

    /// <summary>Lets time pass until the condition holds; fails after five minutes of it.</summary>
    public async Task UntilAsync(Func<bool> holds, string what)
    {
        await SettleAsync();
        for (var steps = 0; !holds(); steps++)
        {
            Assert.True(steps < 1200, $"never came: {what}");
            await PassAsync(Step.TotalSeconds);
        }
    }

    /// <summary>The next call to the grain finds what is stored.</summary>
    public async Task DeactivateAsync(IGrain grain)
    {
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle().AsTask().Soon();
        var management = _cluster.Client.GetGrain<IManagementGrain>(0);
        for (var turns = 0; await management.GetActivationAddress(grain).AsTask().Soon() is not null; turns++)
        {
            Assert.True(turns < 100_000, "the activation stays");
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.KillClientAsync();
        foreach (var silo in _cluster.Silos.ToArray()) await _cluster.KillSiloAsync(silo);
        await _cluster.DisposeAsync();
    }

    Task<ReadOnlyMemory<byte>?> IPackageCache.LoadAsync(string id, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

    Task IPackageCache.SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DeployAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((options, silo) =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.State, Storage);
            silo.Services.AddSingleton(Parts);
            silo.Services.AddSingleton(Host(options.SiloName));
            silo.AddOutgoingGrainCallFilter(_calls);
            if (_reminders) silo.UseInMemoryReminderService();
            silo.Services.PostConfigure<GrainTypeOptions>(grains => grains.Classes.RemoveWhere(
                type => type.Assembly.GetName().Name!.StartsWith("Dfu.", StringComparison.Ordinal) && !_classes.Contains(type)));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    private FleetHost Host(string silo) => new()
    {
        Silo = silo,
        Policy = new(),
        Time = Time,
        Times = new() { Refused = TimeSpan.Zero },
        Runner = static (_, _, _, _, _) => throw new NotSupportedException("nothing is transferred here"),
        Ledger = static _ => new InMemoryTrafficLedger(),
        Packages = this,
    };
}

/// <summary>Counts calls between grains that have no answer yet.</summary>
internal sealed class CallsUnderWay : IOutgoingGrainCallFilter
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _underWay;
    private string? _held;

    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Calls to this campaign do not arrive; null lets them all go.</summary>
    public void Hold(string? campaign)
    {
        Volatile.Write(ref _held, campaign);
        if (campaign is null) _released.TrySetResult();
    }

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (Volatile.Read(ref _held) is { } held && context.InterfaceName.Contains("campaign", StringComparison.OrdinalIgnoreCase)
            && context.TargetId.Key.ToString() == held) await _released.Task;
        Interlocked.Increment(ref _underWay);
        try
        {
            await context.Invoke();
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
