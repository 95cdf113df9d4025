using Dfu.Adapters.BlueZ.Tests.StandIn;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Tests.Radio;

/// <summary>Radios that are lost, and how they come back.</summary>
public sealed partial class RadioTests
{
    [DbusFact]
    public async Task A_controller_that_answers_nothing_is_lost_and_opened_again_when_it_answers()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        _kernel.Unanswered = static () => TimeSpan.FromSeconds(5);
        Assert.Equal("hci0 hangs: it has answered no command for 5 s", await adapter.Lost.WithinAsync(Soon, TimeProvider.System, default));
        await adapter.DisposeAsync();

        var hung = await Assert.ThrowsAsync<DfuException>(() => OpenAsync("bluez:hci0"));
        Assert.Equal(DfuError.AdapterNotFound, hung.Error);
        Assert.StartsWith("hci0 hangs", hung.Message, StringComparison.Ordinal);

        // Nothing but the opening asks it.
        var asked = BlueZ.Faults.Calls("StartDiscovery");
        _kernel.Unanswered = () => BlueZ.Faults.Calls("StartDiscovery") == asked ? TimeSpan.FromSeconds(60) : null;
        await using var again = await OpenAsync("bluez:hci0");
        Assert.NotEmpty(await HearAsync(again, 1));
    }

    [DbusFact]
    public async Task An_adapter_that_is_switched_off_is_lost_and_powered_on_when_it_is_opened_again()
    {
        var stand = await PlugInAsync(0);
        var source = Source("bluez:hci0");
        await using var adapter = await source.OpenAsync(default);
        await stand.SetPoweredAsync(false);
        Assert.Contains("off", await LostAsync(adapter), StringComparison.Ordinal);
        await adapter.DisposeAsync();
        Assert.Equal(DfuError.AdapterLost, (await Assert.ThrowsAsync<DfuException>(() => ConnectAsync(adapter))).Error);

        await using var again = await source.OpenAsync(default);
        await HearAsync(again, 1);
    }

    [DbusFact]
    public async Task A_bluetoothd_that_dies_loses_its_adapters_and_its_successor_has_them_again()
    {
        await PlugInAsync(0);
        var source = Source("bluez:hci0");
        await using var adapter = await source.OpenAsync(default);
        await HearAsync(adapter, 1);
        await BlueZ.DieAsync();
        Assert.Contains("bluetoothd", await LostAsync(adapter), StringComparison.Ordinal);
        await adapter.DisposeAsync();
        Assert.Equal(DfuError.AdapterNotFound, (await Assert.ThrowsAsync<DfuException>(() => source.OpenAsync(default))).Error);

        await BlueZ.ReturnAsync();
        await using var again = await source.OpenAsync(default);
        await HearAsync(again, 1);
    }

    [DbusFact]
    public async Task A_dongle_plugged_in_again_is_found_under_its_new_number()
    {
        var stand = await PlugInAsync(0, "1-1.2");
        var source = Source("bluez:usb-1-1.2");
        await using var adapter = await source.OpenAsync(default);
        Assert.Contains("usb-1-1.2", adapter.Name, StringComparison.Ordinal);
        await BlueZ.PullOutAsync(stand);
        Assert.Contains("hci0", await LostAsync(adapter), StringComparison.Ordinal);
        await adapter.DisposeAsync();

        _controllers.Clear();
        await PlugInAsync(3, "1-1.2");
        await using var again = await source.OpenAsync(default);
        await HearAsync(again, 1);
    }

    [DbusFact]
    public async Task The_ladder_cycles_power_over_bluetoothd_and_over_the_kernel_where_that_refuses()
    {
        await PlugInAsync(0, "1-1.2");
        var source = Source("bluez:usb-1-1.2");
        await (await source.OpenAsync(default)).DisposeAsync();
        var before = BlueZ.Faults.Calls("Set");
        Assert.True(await source.RecoverAsync(RecoveryStep.Reopen, default));
        Assert.True(await source.RecoverAsync(RecoveryStep.PowerCycle, default));
        Assert.Equal(before + 2, BlueZ.Faults.Calls("Set"));

        BlueZ.Faults.Fail("Set", Faults.Failed, "no");
        Assert.False(await source.RecoverAsync(RecoveryStep.PowerCycle, default));
        _kernel.Permits = true;
        Assert.True(await source.RecoverAsync(RecoveryStep.PowerCycle, default));
        Assert.Equal(["power 0 False", "power 0 True"], _kernel.Asked.TakeLast(2));
        Assert.True(await source.RecoverAsync(RecoveryStep.UsbReset, default));
        Assert.Contains("reset 1-1.2", _kernel.Asked);
    }

    [DbusFact]
    public async Task The_ladder_leaves_the_controller_of_another_radio_alone()
    {
        await PlugInAsync(0, "1-1.2");
        await using var adapter = await OpenAsync("bluez:usb-1-1.2");
        _kernel.Permits = true;
        var before = BlueZ.Faults.Calls("Set");
        foreach (var text in (string[])["bluez:hci0", "bluez:*"])
        {
            var second = Source(text);
            await Assert.ThrowsAsync<DfuException>(() => second.OpenAsync(default));
            Assert.False(await second.RecoverAsync(RecoveryStep.PowerCycle, default));
            Assert.False(await second.RecoverAsync(RecoveryStep.UsbReset, default));
        }

        Assert.Equal(before, BlueZ.Faults.Calls("Set"));
        Assert.DoesNotContain(
            _kernel.Asked, static asked => asked.StartsWith("power", StringComparison.Ordinal) || asked.StartsWith("reset", StringComparison.Ordinal));
        await HearAsync(adapter, 1);
    }

    [DbusFact]
    public async Task A_source_of_any_controller_recovers_none_before_it_has_had_one()
    {
        await PlugInAsync(0, "1-1.2");
        _kernel.Permits = true;
        var source = Source("bluez:*");
        Assert.False(await source.RecoverAsync(RecoveryStep.PowerCycle, default));
        Assert.False(await source.RecoverAsync(RecoveryStep.UsbReset, default));
        Assert.DoesNotContain(_kernel.Asked, static asked => asked.StartsWith("reset", StringComparison.Ordinal));
    }

    [DbusFact]
    public async Task An_adapter_that_a_connect_finds_lost_is_lost_for_all()
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        await HearAsync(adapter, 1);
        BlueZ.Faults.Fail("Connect", Faults.Failed, "No route to host");
        Assert.Equal(DfuError.AdapterLost, (await Assert.ThrowsAsync<DfuException>(() => ConnectAsync(adapter))).Error);
        Assert.Contains("No route to host", await LostAsync(adapter), StringComparison.Ordinal);
    }

    [DbusFact]
    public Task An_adapter_that_refuses_to_scan_is_lost() => RefusalAsync(Faults.Failed, "Input/output error");

    [DbusFact]
    public Task An_adapter_that_fails_to_scan_is_lost_although_BlueZ_says_that_it_is_in_progress() =>
        RefusalAsync("org.bluez.Error.InProgress", "Operation already in progress");

    private async Task RefusalAsync(string error, string text)
    {
        await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        BlueZ.Faults.Fail("StartDiscovery", error, text);
        var hearing = HearAsync(adapter, 1);
        Assert.Contains("does not scan", await LostAsync(adapter), StringComparison.Ordinal);
        Assert.Equal(DfuError.AdapterLost, (await Assert.ThrowsAsync<DfuException>(() => hearing)).Error);
    }

    [DbusFact]
    public async Task A_lost_adapter_takes_its_links_along()
    {
        var stand = await PlugInAsync(0);
        await using var adapter = await OpenAsync("bluez:hci0");
        await HearAsync(adapter, 1);
        var link = await ConnectAsync(adapter);
        await BlueZ.PullOutAsync(stand);
        await link.Closed.WithinAsync(Soon, TimeProvider.System, default);
        await LostAsync(adapter);
    }
}
