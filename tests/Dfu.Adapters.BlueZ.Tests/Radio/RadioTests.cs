using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.BlueZ.Tests.StandIn;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Radio;

/// <summary>The whole radio side against a bluetoothd that stands in for the real one.</summary>
#pragma warning disable CA1001 // disposed by xunit, asynchronously
public sealed partial class RadioTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private static readonly BluetoothAddress Target = VirtualDeviceOptions.AddressFor(1, 0).Bootloader;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private readonly SimulatedAir _air = new(new ScaledTime(20), LinkModel.Perfect, 1);
    private readonly SilentKernel _kernel = new();
    private readonly List<Controller> _controllers = [];
    private Action<Controller> _opening = static _ => { };
    private StandIn.PrivateBus? _bus;
    private BlueZStandIn? _bluez;
    private BlueZHost? _host;

    private BlueZStandIn BlueZ => _bluez!;

    public async Task InitializeAsync()
    {
        if (!File.Exists(StandIn.PrivateBus.Daemon)) return;
        _bus = await StandIn.PrivateBus.StartAsync();
        _bluez = await BlueZStandIn.StartAsync(_bus, TimeProvider.System);
        _air.Add(new() { ApplicationAddress = Target.Application });
        _host = Host(new() { Opening = controller => _opening(controller) });
    }

    private BlueZHost Host(BlueZOptions options)
    {
        var time = TimeProvider.System;
        return new(options, time, new(
            () => _kernel,
            async cancellationToken => await BlueZObjects.OpenAsync(_bus!.Address, time, cancellationToken),
            (objects, kernel, index) => new LinkOpener(objects, kernel, index, time),
            () => _controllers));
    }

    public async Task DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        if (_bluez is not null) await _bluez.DisposeAsync();
        if (_bus is not null) await _bus.DisposeAsync();
        _air.Dispose();
    }

    [DbusFact]
    public async Task A_device_is_heard_again_and_again()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        var heard = await HearAsync(adapter, 5);
        Assert.All(heard, static a => Assert.Equal((Target, AddressType.Random, "DfuTarg", true), (a.Address, a.AddressType, a.Name, a.DfuService)));
        Assert.All(heard, static a => Assert.InRange(a.Rssi, -96, -30));
    }

    [DbusFact]
    public async Task A_device_is_connected_and_forgotten_when_its_link_has_closed()
    {
        var stand = await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        await HearAsync(adapter, 1);
        var link = await ConnectAsync(adapter);
        Assert.Contains(DfuCharacteristic.ControlPoint, link.Characteristics);
        Assert.Contains($"prefer 0 {Target} 15 5", _kernel.Asked);
        Assert.Contains("2M 0", _kernel.Asked);

        await link.DisposeAsync();
        await BlueZ.Faults.CalledAsync("RemoveDevice").WithinAsync(Soon, TimeProvider.System, default);
        Assert.Equal(0, await stand.LinksAsync());

        // Unheard by now, and to be found again.
        await using var again = await ConnectAsync(adapter);
        Assert.Equal(1, await stand.LinksAsync());
    }

    [DbusFact]
    public async Task An_adapter_that_surveys_hears_devices_without_the_service_too()
    {
        var address = BluetoothAddress.Parse("C0:00:00:00:00:01");
        _air.AddBystander(new(address, AddressType.Random, -60, "Zephyr", DfuService: false, Connectable: true) { Others = OtherServices.Smp });
        await PlugInAsync(0);
        await using var host = Host(new() { Surveys = true });
        Assert.True(BlueZSpec.TryParse("bluez:hci0", out var spec));
        await using var adapter = await host.Source(spec, "bluez:hci0").OpenAsync(default);
        var heard = (await HearAsync(adapter, 20)).Where(advertisement => advertisement.Address == address).ToList();
        Assert.NotEmpty(heard);
        Assert.All(heard, static advertisement => Assert.Equal(OtherServices.Smp, advertisement.Others));
    }

    [DbusFact]
    public async Task A_device_that_another_adapter_heard_is_sought_before_it_is_connected()
    {
        await PlugInAsync(0);
        var second = await PlugInAsync(1);
        await using var scout = await OpenAsync("bluez:hci0");
        await using var adapter = await OpenAsync("bluez:hci1");
        await HearAsync(scout, 1);
        await using var link = await ConnectAsync(adapter);
        Assert.Equal(1, await second.LinksAsync());
        Assert.Equal(1, BlueZ.Faults.Calls("StartDiscovery", second.Path));
    }

    [DbusFact]
    public async Task A_link_that_nobody_holds_any_more_is_cleared_before_the_connect()
    {
        var stand = await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        await HearAsync(adapter, 1);
        using var dead = new Connection(_bus!.Address);
        await dead.ConnectAsync();
        await dead.CreateProxy<IDevice1>("org.bluez", stand.PathOf(Target)).ConnectAsync();
        Assert.Equal(1, await stand.LinksAsync());

        await using var link = await ConnectAsync(adapter);
        Assert.Equal(1, BlueZ.Faults.Calls("RemoveDevice"));
        Assert.False(link.Closed.IsCompleted);
    }

    [DbusFact]
    public async Task An_object_of_the_other_address_type_is_not_connected()
    {
        var stand = await PlugInAsync(0);
        stand.Hears = static a => a with { AddressType = AddressType.Public };
        await using var adapter = await OpenAsync("bluez:hci0");
        await HearAsync(adapter, 1);
        stand.Hears = static a => a;
        await using var link = await ConnectAsync(adapter);
        Assert.Equal(1, BlueZ.Faults.Calls("RemoveDevice"));
        Assert.False(link.Closed.IsCompleted);
    }

    [DbusFact]
    public async Task A_stale_pending_connect_is_cleared_and_tried_once_more()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        await HearAsync(adapter, 1);
        BlueZ.Faults.Fail("Connect", "org.bluez.Error.InProgress", "In Progress", times: 1);
        await using var link = await ConnectAsync(adapter);
        Assert.False(link.Closed.IsCompleted);
    }

    [DbusFact]
    public async Task A_device_that_is_not_there_is_a_connect_time_out()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        var options = new LinkOptions { ConnectTimeout = TimeSpan.FromSeconds(1) };
        var e = await Assert.ThrowsAsync<DfuException>(() => adapter.ConnectAsync(Target.Bootloader.Bootloader, AddressType.Random, options, default));
        Assert.Equal(DfuError.ConnectTimeout, e.Error);
        await HearAsync(adapter, 1); // and it scans again
    }

    [DbusFact]
    public async Task Who_asks_for_what_is_not_there_is_told_what_is()
    {
        await PlugInAsync(0, "1-1.2");
        var e = await Assert.ThrowsAsync<DfuException>(() => OpenAsync("bluez:usb-1-1.3"));
        Assert.Equal(DfuError.AdapterNotFound, e.Error);
        Assert.Contains("bluez:usb-1-1.2", e.Message, StringComparison.Ordinal);
    }

    [DbusFact]
    public async Task One_controller_is_one_adapter()
    {
        await PlugInAsync(0);
        await PlugInAsync(1);
        await using var adapter = await OpenAsync("bluez:hci0");
        Assert.Equal(DfuError.AdapterInUse, (await Assert.ThrowsAsync<DfuException>(() => OpenAsync("bluez:hci0"))).Error);
        await using var other = await OpenAsync("bluez:*");
        Assert.NotEqual(adapter.Address, other.Address);
        await adapter.DisposeAsync();
        await using var again = await OpenAsync("bluez:hci0");
        Assert.Equal(adapter.Address, again.Address);
    }

    [DbusFact]
    public async Task A_controller_that_came_later_or_elsewhere_is_asked_for_before_it_is_used()
    {
        await PlugInAsync(3, "1-1.2");
        var source = Source("bluez:hci3");
        var asked = new List<string>();
        _opening = controller =>
        {
            asked.Add(controller.Id);
            throw new DfuException(DfuError.AdapterInUse, "another process has it");
        };
        Assert.Equal(DfuError.AdapterInUse, (await Assert.ThrowsAsync<DfuException>(() => source.OpenAsync(default))).Error);
        Assert.Equal(["bluez:usb-1-1.2"], asked);
        Assert.Equal(0, BlueZ.Faults.Calls("StartDiscovery"));

        _opening = static _ => { };
        await using var adapter = await source.OpenAsync(default);
        await HearAsync(adapter, 1);
    }

    [DbusFact]
    public async Task A_radio_that_rfkill_blocks_says_how_to_unblock_it()
    {
        var stand = await PlugInAsync(0);
        await stand.SetPoweredAsync(false);
        BlueZ.Faults.Fail("Set", "org.bluez.Error.Blocked", "Blocked through rfkill");
        var e = await Assert.ThrowsAsync<DfuException>(() => OpenAsync("bluez:hci0"));
        Assert.Equal(DfuError.AdapterNotFound, e.Error);
        Assert.Contains("rfkill unblock", e.Message, StringComparison.Ordinal);
    }

    [DbusFact]
    public async Task Every_discovery_begins_with_a_filter_as_BlueZ_forgets_it_with_the_one_before()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        for (var i = 0; i < 3; i++)
        {
            await HearAsync(adapter, 1);
            await BlueZ.Faults.CalledAsync("StopDiscovery", i + 1).WithinAsync(Soon, TimeProvider.System, default);
        }

        Assert.InRange(BlueZ.Faults.Calls("SetDiscoveryFilter"), BlueZ.Faults.Calls("StartDiscovery"), int.MaxValue);
    }

    [DbusFact]
    public async Task A_discovery_that_BlueZ_began_without_an_answer_is_ended_all_the_same()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        BlueZ.Faults.Mute("StartDiscovery", times: 1);
        using var enough = new CancellationTokenSource();
        var scan = Task.Run(async () =>
        {
            await foreach (var _ in adapter.ScanAsync(enough.Token))
            {
            }
        });
        await BlueZ.Faults.CalledAsync("StartDiscovery").WithinAsync(Soon, TimeProvider.System, default);
        enough.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scan);
        await BlueZ.Faults.CalledAsync("StopDiscovery").WithinAsync(Soon, TimeProvider.System, default);
    }

    [DbusFact]
    public async Task A_connect_says_what_was_missing_when_its_time_is_over()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        await HearAsync(adapter, 1);
        BlueZ.Faults.Hang("Connect", times: 1);
        var e = await Assert.ThrowsAsync<DfuException>(
            () => adapter.ConnectAsync(Target, AddressType.Random, new() { ConnectTimeout = TimeSpan.FromSeconds(1) }, default));
        Assert.Equal(DfuError.ConnectTimeout, e.Error);
        Assert.Contains("no link within", e.Message, StringComparison.Ordinal);
    }

    private async Task<StandInAdapter> PlugInAsync(int index, string? port = null)
    {
        if (port is not null) _controllers.Add(new(index, new(port, "/dev/null", 1, 2, "Dongle"), null));
        return await BlueZ.PlugInAsync(index, _air.CreateAdapter($"radio{index}", new AdapterModel()));
    }

    private IAdapterSource Source(string text)
    {
        Assert.True(BlueZSpec.TryParse(text, out var spec));
        return _host!.Source(spec, text);
    }

    private Task<IAdapter> OpenAsync(string text) => Source(text).OpenAsync(default);

    private static Task<IDfuLink> ConnectAsync(IAdapter adapter) =>
        adapter.ConnectAsync(Target, AddressType.Random, new(), default).WithinAsync(TimeSpan.FromSeconds(40), TimeProvider.System, default);

    private static Task<string> LostAsync(IAdapter adapter) => adapter.Lost.WithinAsync(Soon, TimeProvider.System, default);

    private static Task<List<Advertisement>> HearAsync(IAdapter adapter, int count)
    {
        return CollectAsync().WithinAsync(Soon, TimeProvider.System, default);

        async Task<List<Advertisement>> CollectAsync()
        {
            List<Advertisement> heard = [];
            await foreach (var one in adapter.ScanAsync(default))
            {
                heard.Add(one);
                if (heard.Count == count) break;
            }

            return heard;
        }
    }
}
