using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Links;

public sealed class LinkDiscoveryTests
{
    private const string Sdk12 = "8E400001-F315-4F60-9FB8-838830DAEA50";

    [Fact]
    public async Task An_application_of_SDK_12_is_waited_for_as_any_other()
    {
        var (fixture, time) = (new LinkFixture(), new VirtualTime());
        var device = FakePeripheral.Application(fixture.BlueZ, fixture.Kernel);
        device.Members.Clear();
        using var buttonless = new FakeCharacteristic(device, DfuCharacteristic.ButtonlessSdk12, Sdk12, "write", "notify");
        fixture.BlueZ.Set(device.ObjectPath, FakePeripheral.Device, ("UUIDs", new[] { Sdk12 }));
        device.OnConnect = () =>
        {
            fixture.BlueZ.Set(device.ObjectPath, FakePeripheral.Device, ("Connected", true), ("ServicesResolved", true));
            _ = ShowLateAsync();
            return Task.CompletedTask;
        };

        await using var link = time.Run(
            () => new LinkOpener(fixture.BlueZ, fixture.Kernel, 0, time).OpenAsync(device.ObjectPath, new LinkOptions(), CancellationToken.None));

        Assert.Equal([DfuCharacteristic.ButtonlessSdk12], link.Characteristics);

        async Task ShowLateAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(4), time);
            buttonless.Show();
        }
    }
}
