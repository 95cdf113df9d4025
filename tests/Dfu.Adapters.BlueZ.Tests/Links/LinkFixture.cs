using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>A link over fakes. Time runs fast, so that time-outs are waited out for real.</summary>
internal sealed class LinkFixture
{
    public FakeBlueZ BlueZ { get; } = new();

    public FakeKernel Kernel { get; } = new();

    public async Task<(FakePeripheral Device, IDfuLink Link)> BootloaderAsync(double speed = 10)
    {
        var device = FakePeripheral.Bootloader(BlueZ, Kernel);
        return (device, await OpenAsync(device, speed));
    }

    public async Task<(FakePeripheral Device, IDfuLink Link)> ApplicationAsync()
    {
        var device = FakePeripheral.Application(BlueZ, Kernel);
        return (device, await OpenAsync(device));
    }

    public Task<IDfuLink> OpenAsync(FakePeripheral device, double speed = 10) =>
        new LinkOpener(BlueZ, Kernel, 0, new ScaledTime(speed)).OpenAsync(device.ObjectPath, new LinkOptions(), CancellationToken.None);

    public static async Task<DfuException> FailsAsync(DfuError error, Func<Task> call)
    {
        var e = await Assert.ThrowsAsync<DfuException>(call);
        Assert.True(error == e.Error, $"{e.Error}: {e.Message}");
        return e;
    }

    public static async Task<byte[]> NextAsync(IDfuLink link) => (await link.Notifications.ReadAsync()).Value.ToArray();
}
