using Dfu.Adapters.BlueZ.Tests.StandIn;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Xunit.Abstractions;

namespace Dfu.Adapters.BlueZ.Tests.EndToEnd;

/// <summary>Alone in the process: what is counted is the process's.</summary>
[CollectionDefinition(nameof(AdapterTests), DisableParallelization = true)]
[Collection(nameof(AdapterTests))]
public sealed class AdapterTests(ITestOutputHelper output)
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [DbusFact]
    public async Task Two_hundred_connects_leave_memory_descriptors_and_match_rules_flat()
    {
        // Later bootloaders reset when nobody updates them for two minutes.
        await using var bench = await Bench.StartAsync(
            dongles: 1, devices: 1, new() { DisconnectDelay = TimeSpan.FromMilliseconds(1) }, speed: 20, hostSpeed: 1, profile: BootloaderProfile.Sdk12);
        await using var adapter = await bench.Source(0).OpenAsync(Ct);
        for (var i = 0; i < 60; i++) await UseAsync(bench, adapter);
        var before = await CountAsync(bench);
        var growth = await Growth.OfAsync(turns: 40, () => UseAsync(bench, adapter));
        var after = await CountAsync(bench);
        output.WriteLine($"before {before}, after 200 connects and disconnects {after}; {growth}");
        Assert.Equal(260, bench.Devices[0].Counters.Connects);
        Assert.True(after.Rules <= before.Rules + 1, $"{before} before, {after} after"); // the device itself is followed or just removed
        Assert.True(after.Descriptors <= before.Descriptors + 3, $"{before} before, {after} after");
        Assert.True(growth.BytesPerTurn < 512, growth.ToString());
    }

    [DbusFact]
    public async Task A_connect_that_hangs_does_not_outlast_its_time()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 1);
        await using var adapter = await bench.Source(0).OpenAsync(Ct);
        bench.BlueZ.Faults.Hang("Connect", times: 1);
        var began = bench.Time.GetTimestamp();
        var late = await Assert.ThrowsAsync<DfuException>(() => ConnectAsync(bench, adapter, TimeSpan.FromSeconds(10)));
        Assert.Equal(DfuError.ConnectTimeout, late.Error);
        Assert.InRange(bench.Time.GetElapsedTime(began), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(25));
        await using var link = await ConnectAsync(bench, adapter, TimeSpan.FromSeconds(20));
        Assert.Contains(DfuCharacteristic.ControlPoint, link.Characteristics);
    }

    [DbusFact]
    public async Task A_bluetoothd_that_hangs_is_a_lost_radio()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 1);
        await using var adapter = await bench.Source(0).OpenAsync(Ct);
        await using var link = await ConnectAsync(bench, adapter, TimeSpan.FromSeconds(20));
        bench.BlueZ.Faults.Hang("*");
        await adapter.Lost;
        await link.Closed;
        await Assert.ThrowsAsync<DfuException>(() => ConnectAsync(bench, adapter, TimeSpan.FromSeconds(5)));
    }

    [DbusFact]
    public async Task A_link_that_a_busy_bluetoothd_does_not_tell_of_is_used_and_its_end_is_seen()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 1, new() { TellsConnected = false });
        await using var adapter = await bench.Source(0).OpenAsync(Ct);
        await using var link = await ConnectAsync(bench, adapter, TimeSpan.FromSeconds(20));
        Assert.Equal(1, bench.Devices[0].Counters.Connects);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, Ct);
        await bench.Dongles[0].DropAsync(bench.Devices[0].BootloaderAddress);
        await link.Closed;
    }

    [DbusFact]
    public async Task A_connect_that_BlueZ_answers_for_without_a_link_is_repeated()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 1);
        await using var adapter = await bench.Source(0).OpenAsync(Ct);
        bench.BlueZ.Faults.Pretend("Connect", times: 1);
        await using var link = await ConnectAsync(bench, adapter, TimeSpan.FromSeconds(20));
        Assert.Contains(DfuCharacteristic.ControlPoint, link.Characteristics);
    }

    [DbusFact]
    public async Task A_device_whose_services_BlueZ_remembers_wrongly_is_forgotten_and_connected_again()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 1);
        await using var adapter = await bench.Source(0).OpenAsync(Ct);
        bench.Dongles[0].Shows = characteristic => characteristic != DfuCharacteristic.ControlPoint || bench.BlueZ.Faults.Calls("RemoveDevice") > 0;
        await using var link = await ConnectAsync(bench, adapter, TimeSpan.FromSeconds(20));
        Assert.Contains(DfuCharacteristic.ControlPoint, link.Characteristics);
        Assert.Equal(2, bench.Devices[0].Counters.Connects);
    }

    [DbusFact]
    public async Task A_device_is_found_for_a_connect_that_nobody_scanned_for()
    {
        await using var bench = await Bench.StartAsync(dongles: 1, devices: 1);
        await using var adapter = await bench.Source(0).OpenAsync(Ct);
        await using (var link = await ConnectAsync(bench, adapter, TimeSpan.FromSeconds(20))) Assert.Equal(247, link.Mtu);
        Assert.Equal(0, await bench.Dongles[0].LinksAsync());
    }

    private static async Task UseAsync(Bench bench, IAdapter adapter)
    {
        await using var link = await ConnectAsync(bench, adapter, TimeSpan.FromSeconds(60));
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, Ct);
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 6, 1 }, Ct);
        Assert.Equal([0x60, 6, 1], (await link.Notifications.ReadAsync(Ct)).Value[..3].ToArray());
    }

    private static Task<IDfuLink> ConnectAsync(Bench bench, IAdapter adapter, TimeSpan timeout) =>
        adapter.ConnectAsync(bench.Devices[0].BootloaderAddress, AddressType.Random, new() { ConnectTimeout = timeout }, Ct);

    private static async Task<(int Rules, int Descriptors)> CountAsync(Bench bench) =>
        (await bench.Bus.MatchRulesAsync(), Directory.GetFiles("/proc/self/fd").Length);
}
