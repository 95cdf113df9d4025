using System.Security.Cryptography;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;
using Dfu.Silo.Storage;

namespace Dfu.Silo.Tests.Storage;

/// <summary>What every store promises; run on each of them. <see cref="Reopen"/> is the process ending and the next one beginning.</summary>
public abstract class FleetStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly CancellationToken None = CancellationToken.None;

    protected IFleetStore Store { get; private set; } = null!;

    protected abstract IFleetStore Open();

    protected abstract Task<IFleetStore> Reopen(IFleetStore store);

    public Task InitializeAsync()
    {
        Store = Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await Store.DisposeAsync();

    private static BluetoothAddress Address(int n) => new((ulong)n);

    private static CampaignState Campaign(string id, params int[] devices) => new()
    {
        Id = id,
        PackageId = new string('a', 64),
        Targets = "all",
        Stage = CampaignStage.Running,
        CreatedAt = T0,
        ImageSizes = [1000],
        HwVersion = 52,
        Devices = [.. devices.Select(Address)],
    };

    private static DeviceState Device(int n, int attempt = 0) => DeviceState.New(Address(n), [1000], T0) with { Attempt = attempt };

    private async Task<StoredFleet?> LoadAgainAsync()
    {
        Store = await Reopen(Store);
        return await Store.LoadAsync(None);
    }

    [Fact]
    public async Task A_new_store_holds_nothing()
    {
        Assert.Null(await Store.LoadAsync(None));
        Assert.Empty(await Store.LoadClassesAsync(None));
        Assert.Empty(await Store.LoadHistoryAsync(null, None));
        Assert.Null(await Store.LoadPackageAsync(new string('0', 64), None));
    }

    [Fact]
    public async Task A_campaign_and_its_devices_come_back()
    {
        await Store.BeginAsync(Campaign("one", 1, 2), [Device(2), Device(1)], None);
        var fleet = await LoadAgainAsync();
        Assert.Equal("one", fleet!.Campaign.Id);
        Assert.Equal([Address(1), Address(2)], fleet.Campaign.Devices.ToArray());
        Assert.Equal([Address(1), Address(2)], fleet.Devices.Select(device => device.Id));
    }

    [Fact]
    public async Task Changes_are_added_to_what_is_there()
    {
        await Store.BeginAsync(Campaign("one", 1, 2), [Device(1), Device(2)], None);
        await Store.SaveAsync(new() { Devices = [Device(1, attempt: 4), Device(3)] }, None);
        await Store.SaveAsync(new() { Campaign = Campaign("one", 1, 2, 3) with { Outcome = CampaignOutcome.Succeeded } }, None);
        var fleet = await LoadAgainAsync();
        Assert.Equal([(1, 4), (2, 0), (3, 0)], fleet!.Devices.Select(device => ((int)device.Id.Value, device.Attempt)));
        Assert.Equal(CampaignOutcome.Succeeded, fleet.Campaign.Outcome);
    }

    [Fact]
    public async Task The_campaign_begun_last_is_the_one_that_counts()
    {
        await Store.BeginAsync(Campaign("one", 1), [Device(1)], None);
        await Store.BeginAsync(Campaign("two", 2), [Device(2)], None);
        var fleet = await LoadAgainAsync();
        Assert.Equal("two", fleet!.Campaign.Id);
        Assert.Equal([Address(2)], fleet.Devices.Select(device => device.Id));
    }

    [Fact]
    public async Task Classes_and_history_outlive_campaigns()
    {
        await Store.BeginAsync(Campaign("one", 1), [Device(1)], None);
        var traits = new BootloaderTraits { InitMax = 512, Mtu = 247, Keeps = Keeps.Nothing };
        await Store.SaveAsync(
            new()
            {
                Classes = [new() { Key = ClassKey.Of(52, traits), HwVersion = 52, Traits = traits }],
                History = [new(T0, "one", Address(1), "outcome", "Updated"), new(T0.AddSeconds(1), "one", null, "campaign", "Succeeded")],
            },
            None);
        await Store.BeginAsync(Campaign("two", 2), [Device(2)], None);
        await LoadAgainAsync();
        var known = Assert.Single(await Store.LoadClassesAsync(None));
        Assert.Equal((traits, 52u), (known.Traits, known.HwVersion));
        Assert.Equal(["Updated", "Succeeded"], (await Store.LoadHistoryAsync(null, None)).Select(entry => entry.Text));
        var about = Assert.Single(await Store.LoadHistoryAsync(Address(1), None));
        Assert.Equal(new HistoryEntry(T0, "one", Address(1), "outcome", "Updated"), about);
    }

    [Fact]
    public async Task A_package_comes_back_byte_for_byte()
    {
        byte[] file = [80, 75, 3, 4, 0, 255];
        var id = Convert.ToHexStringLower(SHA256.HashData(file));
        await Store.SavePackageAsync(id, file, None);
        await Store.SavePackageAsync(id, file, None);
        Store = await Reopen(Store);
        Assert.Equal(file, (await Store.LoadPackageAsync(id, None))!.Value.ToArray());
    }

    [Fact]
    public async Task Bytes_are_counted_per_device_and_image_and_begin_again_with_another_campaign()
    {
        Store.Ledger.Begin("one");
        var slot = Store.Ledger.Slot(Address(1));
        slot.Sent(0, 0, 200);
        slot.Sent(0, 200, 56);
        slot.Sent(0, 0, 256);
        slot.Sent(1, 0, 100);
        Store.Ledger.Slot(Address(2)).Sent(0, 0, 7);
        Store = await Reopen(Store);
        Store.Ledger.Begin("one");
        Assert.Equal(new DeviceTraffic(612, 356), Store.Ledger.Slot(Address(1)).Read());
        Assert.Equal(256, Store.Ledger.Slot(Address(1)).Read().Resent);
        Assert.Equal(new DeviceTraffic(7, 7), Store.Ledger.Slot(Address(2)).Read());
        Store.Ledger.Begin("two");
        Assert.Equal(default, Store.Ledger.Slot(Address(1)).Read());
    }

    [Fact]
    public void A_lost_count_is_raised_to_what_a_state_remembers()
    {
        Store.Ledger.Begin("one");
        var slot = Store.Ledger.Slot(Address(1));
        slot.AtLeast(new(900, 500));
        Assert.Equal(new DeviceTraffic(900, 500), slot.Read());
        slot.AtLeast(new(100, 100));
        Assert.Equal(new DeviceTraffic(900, 500), slot.Read());
    }
}

public sealed class InMemoryFleetStoreTests : FleetStoreContract
{
    protected override IFleetStore Open() => new InMemoryFleetStore();

    protected override Task<IFleetStore> Reopen(IFleetStore store) => Task.FromResult(store);
}

public sealed class SqliteFleetStoreContractTests : FleetStoreContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    protected override IFleetStore Open() => SqliteFleetStore.Open(_directory.Path);

    protected override async Task<IFleetStore> Reopen(IFleetStore store)
    {
        await store.DisposeAsync();
        return SqliteFleetStore.Open(_directory.Path);
    }

    public void Dispose() => _directory.Dispose();
}
