using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Xunit.Abstractions;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>Alone in the process: what it counts is the process's.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
[Collection(nameof(LeakTests))]
public sealed class LeakTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly LinkFixture _fixture = new();
    private readonly List<WeakReference> _links = [];

    [Fact]
    public async Task Two_hundred_links_leave_nothing_behind()
    {
        _fixture.Kernel.MayConfigure = false;
        var device = FakePeripheral.Bootloader(_fixture.BlueZ, _fixture.Kernel);
        var turn = 0;
        for (; turn < 50; turn++) await UseAsync(device, turn);
        var files = Files();
        var growth = await Growth.OfAsync(turns: 40, () => UseAsync(device, turn++));
        output.WriteLine(growth.ToString());
        Assert.Equal(250, device.Connects);
        await NobodyHoldsAsync(_links).WithinAsync(Soon, TimeProvider.System, default);
        Assert.Equal(0, _fixture.BlueZ.Held);
        Assert.Equal(0, _fixture.Kernel.Listeners);
        Assert.Equal(0, device.ReasonWatchers);
        Assert.True(Files() <= files + 3, $"{files} files open before, {Files()} after 200 links");
        Assert.True(growth.BytesPerTurn < 256, growth.ToString());
    }

    private async Task UseAsync(FakePeripheral device, int turn)
    {
        device.Air.Clear();
        var link = await _fixture.OpenAsync(device);
        _links.Add(new(link));
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, CancellationToken.None);
        await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[244], CancellationToken.None);
        await device[DfuCharacteristic.Packet].ReadPacketAsync();
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 3 }, CancellationToken.None);
        await device[DfuCharacteristic.ControlPoint].SayAsync(0x60, 3, 1);
        await LinkFixture.NextAsync(link);
        if (turn % 2 == 0) device.Drop(null);
        await link.DisposeAsync();
    }

    /// <summary>Returns when the last of them was collected.</summary>
    private static async Task NobodyHoldsAsync(IReadOnlyCollection<WeakReference> links)
    {
        while (links.Any(static link => link.IsAlive))
        {
            await Growth.SettleAsync();
            GC.Collect();
        }
    }

    private static int Files() => Directory.GetFiles("/proc/self/fd").Length;
}
