using System.Collections.Immutable;
using System.Net;
using Dfu.Adapters;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Dfu.Benchmarks.Followers;

/// <summary>
/// A process with a silo, and in it the product's campaign, directory and scheduler. The devices and the adapters are made up: 5,000 and 40, 500
/// transfers under way, and everybody says what a real one would, as often. Nothing is stored.
/// </summary>
internal static class FollowedServer
{
    public const string Role = "followed-server";
    private const int Adapters = 40;
    private const int Image = 400 * 1024;

    /// <summary>Decisions about one device while it is under way: granted, connected, sending, verifying, ended, and three to spare.</summary>
    private const int Decisions = 8;

    /// <summary>Seconds a device is under way.</summary>
    private const int Life = 60;

    public static BluetoothAddress Address(int device) => new(0xC0_00_00_00_00_00ul + ((ulong)device * 16));

    public static async Task RunAsync(FollowedLoad followed)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(
                followed.SiloPort, followed.GatewayPort, new IPEndPoint(IPAddress.Loopback, followed.SiloPort), ClusterNames.Service, ClusterNames.Cluster);
            silo.AddMemoryGrainStorage(StorageNames.State);
            silo.Services.AddSingleton(HostOf());
            silo.Services.PostConfigure<GrainTypeOptions>(static grains => grains.Classes.RemoveWhere(
                static type => type.Namespace is "Dfu.Grains.Devices" or "Dfu.Grains.Adapters" or "Dfu.Grains.Packages"));
        });
        using var host = builder.Build();
        await host.StartAsync();
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        var ticket = await grains.GetGrain<IFleetGrain>(0).StartAsync(new()
        {
            PackageId = new('a', 64),
            ImageSizes = [Image],
            HwVersion = 52,
            Targets = new() { Addresses = [.. Enumerable.Range(0, followed.Devices).Select(Address)] },
        });
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(grains, ticket.Campaign, followed, stop.Token);
        await using var web = followed.WebPort == 0 ? null : await FeedServer.StartAsync(grains, followed.WebPort);
        Console.WriteLine(ticket.Campaign);
        await Console.In.ReadLineAsync(CancellationToken.None); // until the one who started it is gone
        stop.Cancel();
        await load;
    }

    private static async Task LoadAsync(IGrainFactory grains, string campaign, FollowedLoad load, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(0.25), TimeProvider.System);
        var states = Enumerable.Range(0, load.Active).Select(static n => Begun(n)).ToArray();
        foreach (var state in states) await grains.GetGrain<ICampaignGrain>(campaign).DeviceChangedAsync(state);
        for (var tick = 1; !stop.IsCancellationRequested; tick++)
        {
            try
            {
                await timer.WaitForNextTickAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var now = TimeProvider.System.GetUtcNow();
            var changes = load.Active * Decisions / Life / 4;
            for (var i = 0; i < changes; i++)
            {
                var n = ((tick * changes) + i) % load.Active;
                states[n] = Next(states[n], tick);
                await grains.GetGrain<ICampaignGrain>(campaign).DeviceChangedAsync(states[n]);
            }

            for (var adapter = 0; adapter < Adapters; adapter++)
                await grains.GetGrain<ISchedulerGrain>(0).AdapterAsync(Report(campaign, states, load.Devices, adapter, tick));
        }
    }

    private static DeviceState Begun(int n)
    {
        var now = TimeProvider.System.GetUtcNow();
        return DeviceState.New(Address(n), [Image], now) with
        {
            Attempt = 1, Phase = DevicePhase.Sending, Adapter = Name(n % Adapters), Bootloader = Address(n).Bootloader, StartedAt = now,
        };
    }

    private static DeviceState Next(DeviceState state, int tick) => state with
    {
        Phase = state.Phase == DevicePhase.Sending ? DevicePhase.Saving : DevicePhase.Sending,
        Images = [state.Images[0] with { Confirmed = Confirmed(tick) }],
        BytesSent = Confirmed(tick) + 9000,
        BytesDistinct = Confirmed(tick),
    };

    private static long Confirmed(int tick) => tick * 1500L % Image;

    private static AdapterReport Report(string campaign, DeviceState[] states, int devices, int adapter, int tick)
    {
        var mine = states.Where((_, n) => n % Adapters == adapter).ToArray();
        return new()
        {
            State = new()
            {
                Id = Name(adapter),
                Status = AdapterStatus.Ready,
                Epoch = 1,
                Slots = [.. mine.Select(static state => new AdapterSlot(state.Id, state.Attempt))],
                Limit = new() { Current = mine.Length, Ceiling = 16 },
            },
            Rate = 6000,
            Transfers =
            [
                .. mine.Select(state => new LiveTransfer
                {
                    Campaign = campaign,
                    Device = state.Id,
                    Attempt = state.Attempt,
                    Phase = state.Phase,
                    Confirmed = Confirmed(tick),
                    Traffic = new(Confirmed(tick) + 9000, Confirmed(tick)),
                    Rate = 6000 + (tick * 7 % 500),
                }),
            ],
            Heard =
            [
                .. Enumerable.Range(0, 28).Select(i => new HeardAdvertisement(
                    new(
                        Address(((((tick * Adapters) + adapter) * 28) + i) % devices),
                        AddressType.Random, -50 - ((tick + i) % 40), "DfuTarg", DfuService: true, Connectable: true),
                    TimeSpan.FromSeconds(0.1))),
            ],
        };
    }

    private static string Name(int adapter) => AdapterId.Of($"station-{adapter / 8}", $"bluez:hci{adapter % 8}");

    private static FleetHost HostOf() => new()
    {
        Silo = "bench",
        Policy = new FleetPolicy(),
        Time = TimeProvider.System,
        Runner = static (_, _, _, _, _) => throw new NotSupportedException("nothing is transferred here"),
        Ledger = static _ => new InMemoryTrafficLedger(),
        Packages = new NoPackages(),
    };

    private sealed class NoPackages : IPackageCache
    {
        public Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

        public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>A device that waits, and says so when its campaign calls.</summary>
internal sealed class WaitingDevice : Grain, IDeviceGrain
{
    private DeviceState? _state;

    public Task<DevicePassport?> PassportAsync() => Task.FromResult<DevicePassport?>(null);

    public Task AdapterBlamedAsync(string adapter, int epoch, int attempt) => Task.CompletedTask;

    public Task<bool> JoinAsync(CampaignPlace place)
    {
        // It says so in another object each time, as one that came over a network would be.
        var known = _state ?? DeviceState.New(BluetoothAddress.Parse(this.GetPrimaryKeyString()), place.ImageSizes, TimeProvider.System.GetUtcNow());
        _state = known with { };
        if (known.Id.Value >= FollowedLoad.FirstIdle)
            GrainFactory.GetGrain<ICampaignGrain>(place.Campaign).DeviceChangedAsync(_state).Ignore();
        return Task.FromResult(true);
    }

    public Task CancelAsync(string campaign, int run, bool drain) => Task.CompletedTask;

    public Task PauseAsync(string campaign, int attempt) => Task.CompletedTask;

    public Task ForgetAsync(string campaign) => Task.CompletedTask;

    public Task<bool> GrantAsync(DeviceEvent.Granted grant) => Task.FromResult(false);

    public Task<ReportReceipt> ReportAsync(AttemptReport report) => Task.FromResult(new ReportReceipt { Over = true });

    public Task<DeviceState?> GetAsync() => Task.FromResult(_state);

    public Task<ImmutableArray<HistoryEntry>> HistoryAsync() => Task.FromResult(ImmutableArray<HistoryEntry>.Empty);
}

/// <summary>Whatever a campaign asks for is there.</summary>
internal sealed class AnyPackage : Grain, IPackageGrain
{
    public Task<bool> ForgetAsync() => Task.FromResult(true);

    public Task<PackageAnswer> PutAsync(byte[] file, string by) => Task.FromResult(PackageAnswer.Taken);

    public Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only) => Task.FromResult(PackageAnswer.Taken);

    public Task<byte[]?> GetAsync() => Task.FromResult<byte[]?>(null);

    public Task<bool> ExistsAsync() => Task.FromResult(true);

    public Task<PackageAnswer> DeleteAsync(string by) => Task.FromResult(PackageAnswer.Taken);
}
