using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Grains.Adapters;
using Dfu.Grains.Storage;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Dfu.Cluster.Tests.Adapters;

/// <summary>Silos with fake radios, and adapter grains among peers that write down what they hear. The test moves the time.</summary>
internal sealed class AdapterCluster : IAsyncDisposable, IPackageCache
{
    public const string Campaign = "campaign-1";

    private static readonly byte[] File = PackageWriter.Create(
        new PackageContents { Application = new FirmwareFile("app", new byte[40 * 4096]), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] }, null);

    public static byte[] Firmware => Package.Images[0].Firmware.ToArray();

    private static readonly DfuPackage Package = PackageReader.Read(File, null);

    private readonly ConcurrentDictionary<(string Silo, int Radio), FakeSource> _sources = new();
    private readonly ConcurrentDictionary<string, InMemoryTrafficLedger> _ledgers = new();
    private readonly TimeProvider _time;
    private RadioThread? _radios;
    private long _ticked = TimeProvider.System.GetTimestamp();
    private InProcessTestCluster _cluster = null!;

    private AdapterCluster(TimeProvider time) => _time = time;

    public InProcessTestCluster Cluster => _cluster;
    public HandTime Time => (HandTime)_time;
    public Peers Peers { get; } = new();
    public ScriptedAttempts Attempts { get; } = new();
    public SharedStorage Storage { get; } = new();
    public FleetTimes Times { get; init; } = new();
    public FleetPolicy Policy { get; init; } = new();
    public int Radios { get; init; } = 1;

    /// <summary>No bytes can be counted while this is set.</summary>
    public bool LedgersFull { get; set; }

    /// <summary>In place of fake radios.</summary>
    public IReadOnlyList<IAdapterSource>? Sources { get; init; }

    /// <summary>In place of the script.</summary>
    public UpdateRunner? Runner { get; init; }

    public static Task<AdapterCluster> StartAsync(int silos = 1, int radios = 1) =>
        new AdapterCluster(new HandTime()) { Radios = radios, _radios = new() }.DeployAsync(silos);

    /// <summary>Radios and attempts where hosts have them unless they say otherwise.</summary>
    public static Task<AdapterCluster> StartOnThreadPoolAsync() => new AdapterCluster(new HandTime()).DeployAsync(1);

    /// <summary>In a time that moves by itself.</summary>
    public static Task<AdapterCluster> StartAsync(TimeProvider time, FleetTimes times, IReadOnlyList<IAdapterSource> sources, UpdateRunner runner) =>
        new AdapterCluster(time) { Times = times, Sources = sources, Runner = runner }.DeployAsync(1);

    public string Silo(int number) => _cluster.Silos[number].Name;

    public FakeSource Source(string silo, int radio = 0) => _sources.GetOrAdd((silo, radio), static key => new($"fake:{key.Radio}"));

    public FakeSource Source() => Source(Silo(0));

    public IAdapterGrain Adapter(string silo, int radio = 0) => _cluster.Client.GetGrain<IAdapterGrain>(AdapterId.Of(silo, $"fake:{radio}"));

    public IAdapterGrain Adapter() => Adapter(Silo(0));

    /// <summary>The first adapter when its radio is open.</summary>
    public async Task<IAdapterGrain> ReadyAsync()
    {
        await UntilAsync(async () => (await Adapter().GetAsync()).Status == AdapterStatus.Ready, "the radio is open");
        return Adapter();
    }

    public static BluetoothAddress Address(int n) => new(0xC0_00_00_00_00_00ul + ((ulong)n * 16));

    /// <summary>An order for the first adapter as it is now.</summary>
    public async Task<AttemptOrder> OrderAsync(int device = 1, int attempt = 1)
    {
        var adapter = await Adapter().GetAsync();
        return Order(AdapterId.Of(Silo(0), "fake:0"), adapter.Epoch, Address(device), attempt);
    }

    public static AttemptOrder Order(string adapter, int epoch, BluetoothAddress address, int attempt, DfuPackage? package = null)
    {
        ImmutableArray<long> sizes = [(package ?? Package).Images[0].Firmware.Length];
        var state = DeviceState.New(address, sizes, DateTimeOffset.UnixEpoch) with
        {
            Phase = DevicePhase.Connecting,
            Attempt = attempt,
            Adapter = adapter,
            AdapterEpoch = epoch,
            Heard = new(address, AddressType.Random, -50, "Sensor", true, true),
        };
        return new() { Device = state, Place = new() { Campaign = Campaign, PackageId = (package ?? Package).Id, ImageSizes = sizes } };
    }

    public static AttemptName Name(AttemptOrder order) => new() { Device = order.Device.Id, Attempt = order.Device.Attempt, Epoch = order.Device.AdapterEpoch };

    /// <summary>Nothing is under way any more but what waits for time or for the test.</summary>
    public async Task SettleAsync()
    {
        var rounds = 0;
        for (var quiet = 0; quiet < 4;)
        {
            Assert.True(++rounds < 1_000, $"it never comes to rest: {Peers}");
            if (_radios is not null) await _radios.DrainAsync();
            try
            {
                await Adapter().GetAsync().Soon();
            }
            catch (OrleansException)
            {
                // It is being deactivated.
            }

            quiet = Peers.Quiet ? quiet + 1 : 0;
        }
    }

    /// <summary>Lets a little time pass while grains cannot be asked: no more than has really passed, so that none of them is late for it.</summary>
    public async Task TickAsync()
    {
        var passed = TimeProvider.System.GetElapsedTime(_ticked);
        _ticked = TimeProvider.System.GetTimestamp();
        Time.Advance(passed < LongestTick ? passed : LongestTick);
        await Task.Yield();
    }

    /// <summary>Lets time pass in small steps, each with all its consequences.</summary>
    public async Task PassAsync(double seconds)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= Step)
        {
            Time.Advance(Step);
            await SettleAsync();
        }
    }

    /// <summary>Lets time pass until the condition holds; fails after a minute of it.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var steps = 0; !await holds(); steps++)
        {
            Assert.True(steps < 1200, $"never came: {what}");
            await PassAsync(Step.TotalSeconds);
        }
    }

    public Task UntilAsync(Func<bool> holds, string what) => UntilAsync(() => Task.FromResult(holds()), what);

    /// <summary>Starts a killed silo again, with its name.</summary>
    public async Task RestartAsync(InProcessSiloHandle silo)
    {
        var number = int.Parse(silo.Name.Split('_')[^1], System.Globalization.CultureInfo.InvariantCulture);
        await _cluster.StartSiloAsync(number, _cluster.Options);
    }

    public async ValueTask DisposeAsync()
    {
        var ending = EndAsync();
        while (_time is HandTime && !ending.IsCompleted)
        {
            // Grains that end wait for time, too, and here nobody cares how they end.
            Time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        await ending.Soon();
        _radios?.Dispose();
    }

    Task<ReadOnlyMemory<byte>?> IPackageCache.LoadAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(id == Package.Id ? File : (ReadOnlyMemory<byte>?)null);

    Task IPackageCache.SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Task.CompletedTask;

    private static TimeSpan Step => TimeSpan.FromMilliseconds(50);

    private static TimeSpan LongestTick => TimeSpan.FromMilliseconds(5);

    private async Task<AdapterCluster> DeployAsync(int silos)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((options, silo) =>
        {
            silo.AddOutgoingGrainCallFilter(Peers.CountAsync);
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.State, Storage);
            silo.Services.AddSingleton(Peers);
            silo.Services.AddSingleton(Host(options.SiloName));
            silo.AddAdapterGrains();
            silo.UseOnly(
                typeof(AdapterGrain), typeof(PeerDeviceGrain), typeof(PeerCampaignGrain), typeof(PeerSchedulerGrain), typeof(PeerAuditGrain));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        return this;
    }

    private async Task EndAsync()
    {
        await _cluster.KillClientAsync();
        foreach (var silo in _cluster.Silos.ToArray()) await _cluster.KillSiloAsync(silo);
        await _cluster.DisposeAsync();
    }

    private void OnRadio(Action work)
    {
        if (_radios is { } thread) thread.Post(work);
        else ThreadPool.UnsafeQueueUserWorkItem(static state => state(), work, preferLocal: false);
    }

    private FleetHost Host(string silo) => new()
    {
        Silo = silo,
        Policy = Policy,
        Time = _time,
        Times = Times with { Refused = TimeSpan.Zero },
        Runner = Runner ?? Attempts.RunAsync,
        Sources = Sources ?? [.. Enumerable.Range(0, Radios).Select(radio => Source(silo, radio))],
        Ledger = campaign => LedgersFull ? throw new IOException("the disk is full") : _ledgers.GetOrAdd(campaign, static _ => new()),
        Packages = this,
        OnRadio = OnRadio,
    };
}
