using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.BlueZ.Tests.StandIn;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Links;
using Linux.Bluetooth;
using Tmds.DBus;
using PrivateBus = Dfu.Adapters.BlueZ.Tests.StandIn.PrivateBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>Links over a real bus, with real sockets, to virtual bootloaders behind a stand-in for BlueZ.</summary>
[Collection(nameof(LeakTests))]
public sealed class StandInLinkTests
{
    private static readonly BluetoothAddress Target = VirtualDeviceOptions.AddressFor(1, 0).Bootloader;

    [DbusFact]
    public Task A_request_never_overtakes_the_packets_before_it() => WithOpenerAsync(async (opener, path) =>
    {
        await using var link = await opener.OpenAsync(path, new LinkOptions(), CancellationToken.None);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        for (var turn = 0; turn < 30; turn++)
        {
            // An init packet of 200 bytes in small packets, and the CRC asked for right behind them.
            await AskAsync(link, 0x01, 0x01, 200, 0, 0, 0);
            for (var i = 0; i < 10; i++) await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[20], CancellationToken.None);
            var answer = await AskAsync(link, 0x03);
            Assert.Equal(200, answer[3]);
        }
    });

    [DbusFact]
    public Task Links_over_a_bus_leave_nothing_behind() => WithOpenerAsync(async (opener, path) =>
    {
        for (var i = 0; i < 10; i++) await UseAsync(opener, path);
        var before = Directory.GetFiles("/proc/self/fd").Length;
        for (var i = 0; i < 40; i++) await UseAsync(opener, path);
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 3);
    });

    private static async Task UseAsync(LinkOpener opener, ObjectPath path)
    {
        var link = await opener.OpenAsync(path, new LinkOptions(), CancellationToken.None);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[20], CancellationToken.None);
        Assert.Equal(0x01, (await AskAsync(link, 0x06, 0x02))[2]);
        await link.DisposeAsync();
        Assert.Equal(LinkClosure.LocalHost, (await link.Closed).Reason);
    }

    private static async Task<byte[]> AskAsync(IDfuLink link, params byte[] request)
    {
        await link.WriteAsync(DfuCharacteristic.ControlPoint, request, CancellationToken.None);
        var answer = await LinkFixture.NextAsync(link);
        Assert.Equal([0x60, request[0], 0x01], answer[..3]);
        return answer;
    }

    private static async Task WithOpenerAsync(Func<LinkOpener, ObjectPath, Task> test)
    {
        using var air = new SimulatedAir(new ScaledTime(20), LinkModel.Perfect, 1);
        await using var bus = await PrivateBus.StartAsync();
        await using var blueZ = await BlueZStandIn.StartAsync(bus, TimeProvider.System, new() { KeepsServices = false, TemporaryTimeout = TimeSpan.Zero });
        var adapter = await blueZ.PlugInAsync(0, air.CreateAdapter("radio", new AdapterModel { RssiJitter = 0 }));

        // Later bootloaders reset when nobody updates them for two minutes.
        air.Add(new() { ApplicationAddress = Target.Application, Profile = BootloaderProfile.Sdk12 });
        using var objects = await BlueZObjects.OpenAsync(bus.Address, TimeProvider.System, CancellationToken.None);
        var path = new ObjectPath(adapter.PathOf(Target));
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (objects.OnChange(path, _ => found.TrySetResult()))
        {
            await objects.Proxy<IAdapter1>(new ObjectPath(adapter.Path)).StartDiscoveryAsync();
            await found.Task;
            await objects.Proxy<IAdapter1>(new ObjectPath(adapter.Path)).StopDiscoveryAsync();
        }

        using var kernel = new FakeKernel();
        await test(new LinkOpener(objects, kernel, 0, TimeProvider.System), path);
    }
}
