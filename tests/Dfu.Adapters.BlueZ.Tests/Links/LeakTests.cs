using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>Alone in the process: what it counts is the process's.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
[Collection(nameof(LeakTests))]
public sealed class LeakTests
{
    private readonly LinkFixture _fixture = new();

    [Fact]
    public async Task Two_hundred_links_leave_nothing_behind()
    {
        _fixture.Kernel.MayConfigure = false;
        var device = FakePeripheral.Bootloader(_fixture.BlueZ, _fixture.Kernel);
        for (var i = 0; i < 50; i++) await UseAsync(device, i);
        var (files, bytes) = Measure();
        for (var i = 0; i < 200; i++) await UseAsync(device, i);
        var after = Measure();
        Assert.Equal(0, _fixture.BlueZ.Held);
        Assert.Equal(0, _fixture.Kernel.Listeners);
        Assert.Equal(0, device.ReasonWatchers);
        Assert.True(after.Files <= files + 3, $"{files} files open before, {after.Files} after 200 links");
        Assert.True(after.Bytes - bytes < 200 * 512, $"{after.Bytes - bytes} bytes more after 200 links");
    }

    private async Task UseAsync(FakePeripheral device, int turn)
    {
        device.Air.Clear();
        var link = await _fixture.OpenAsync(device);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[244], CancellationToken.None);
        await device[DfuCharacteristic.Packet].ReadPacketAsync();
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 3 }, CancellationToken.None);
        await device[DfuCharacteristic.ControlPoint].SayAsync(0x60, 3, 1);
        await LinkFixture.NextAsync(link);
        if (turn % 2 == 0) device.Drop(null);
        await link.DisposeAsync();
    }

    private static (int Files, long Bytes) Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (Directory.GetFiles("/proc/self/fd").Length, GC.GetTotalMemory(forceFullCollection: true));
    }
}
