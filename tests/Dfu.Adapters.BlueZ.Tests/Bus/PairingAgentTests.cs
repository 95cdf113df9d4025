using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Tests.StandIn;
using Tmds.DBus;
using PrivateBus = Dfu.Adapters.BlueZ.Tests.StandIn.PrivateBus;

namespace Dfu.Adapters.BlueZ.Tests.Bus;

/// <summary>The agent over a real bus.</summary>
public sealed class PairingAgentTests
{
    [DbusFact]
    public async Task An_agent_without_input_and_output_is_registered_and_refuses_whatever_it_is_asked()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var blueZ = await BlueZStandIn.StartAsync(bus, TimeProvider.System);
        using var objects = await BlueZObjects.OpenAsync(bus.Address, TimeProvider.System, CancellationToken.None);
        await objects.RegisterAgentAsync(CancellationToken.None);
        var (owner, path, capability) = blueZ.Agent!.Value;
        Assert.Equal("NoInputNoOutput", capability);

        using var bluetoothd = new Connection(bus.Address);
        await bluetoothd.ConnectAsync();
        var agent = bluetoothd.CreateProxy<IPairingAgent>(owner, new ObjectPath(path));
        var device = new ObjectPath("/org/bluez/hci0/dev_C0_00_00_00_00_01");
        Task[] asked = [agent.RequestAuthorizationAsync(device), agent.RequestConfirmationAsync(device, 1), agent.RequestPasskeyAsync(device)];
        foreach (var one in asked) Assert.Equal("org.bluez.Error.Rejected", (await Assert.ThrowsAsync<DBusException>(() => one)).ErrorName);
        await agent.ReleaseAsync();
    }

    [DbusFact]
    public async Task A_bluetoothd_that_takes_no_agent_is_used_without()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var blueZ = await BlueZStandIn.StartAsync(bus, TimeProvider.System);
        blueZ.Faults.Fail("RegisterAgent", "org.bluez.Error.AlreadyExists", "Already Exists");
        using var objects = await BlueZObjects.OpenAsync(bus.Address, TimeProvider.System, CancellationToken.None);
        await objects.RegisterAgentAsync(CancellationToken.None);
        Assert.Null(blueZ.Agent);
    }
}
