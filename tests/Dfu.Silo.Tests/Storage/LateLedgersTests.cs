using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Tests.Storage;

public sealed class LateLedgersTests : IDisposable
{
    private static readonly BluetoothAddress Device = new(1);
    private readonly TemporaryDirectory _directory = new();
    private readonly List<DfuException> _failures = [];

    private string Folder => _directory.File("ledgers");

    public void Dispose() => _directory.Dispose();

    private LateLedgers Open() => new(new(Folder), _failures.Add);

    /// <summary>What a later process finds.</summary>
    private DeviceTraffic Kept(string campaign = "one")
    {
        using var ledgers = new TrafficLedgers(Folder);
        return ledgers.For(campaign).Slot(Device).Read();
    }

    [Fact]
    public void What_is_counted_before_the_file_is_open_counts_on_what_it_holds()
    {
        using (var earlier = new TrafficLedgers(Folder)) earlier.For("one").Slot(Device).Sent(0, 0, 100);
        using (var ledgers = Open())
        {
            var slot = ledgers.For("one").Slot(Device);
            slot.AtLeast(new(60, 60));
            slot.Sent(0, 80, 50);
            slot.Sent(1, 0, 30);
        }

        Assert.Equal(new DeviceTraffic(180, 160), Kept());
        Assert.Empty(_failures);
    }

    [Fact]
    public void A_slot_that_has_no_file_yet_counts_from_what_a_state_remembers()
    {
        var slot = new LateSlot();
        slot.AtLeast(new(100, 80));
        slot.Sent(0, 60, 30);
        Assert.Equal(new DeviceTraffic(130, 90), slot.Read());
        var kept = new InMemoryTrafficLedger().Slot(Device);
        slot.Attach(kept);
        Assert.Equal(kept.Read(), slot.Read());
        slot.Sent(0, 90, 10);
        slot.AtLeast(new(1000, 500));
        Assert.Equal((new DeviceTraffic(1000, 500), kept.Read()), (slot.Read(), slot.Read()));
    }

    [Fact]
    public async Task Counting_while_the_file_opens_loses_no_count()
    {
        const int Rounds = 100, Packets = 2000;
        for (var round = 0; round < Rounds; round++)
        {
            var slot = new LateSlot();
            var kept = new InMemoryTrafficLedger().Slot(Device);
            var counting = Task.Run(() =>
            {
                for (var packet = 0; packet < Packets; packet++) slot.Sent(0, packet, 1);
            });
            slot.Attach(kept);
            await counting;
            Assert.Equal(new DeviceTraffic(Packets, Packets), kept.Read());
        }
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_said_and_the_count_goes_on_in_memory()
    {
        File.WriteAllText(Folder, "");
        ITrafficSlot slot;
        using (var ledgers = Open())
        {
            slot = ledgers.For("one").Slot(Device);
            slot.Sent(0, 0, 10);
        }

        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Single(_failures).Error);
        Assert.Equal(new DeviceTraffic(10, 10), slot.Read());
    }

    [Fact]
    public async Task A_disk_that_stands_still_holds_nobody_up_who_asks_for_a_count()
    {
        Directory.CreateDirectory(Folder);
        using var blocker = new ManualResetEventSlim();
        var ledgers = new LateLedgers(new(Folder), _failures.Add);
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ledgers.Later(() =>
        {
            opened.SetResult();
            blocker.Wait();
        });
        await opened.Task;
        var slot = ledgers.For("one").Slot(Device);
        slot.Sent(0, 0, 10);
        Assert.Equal(new DeviceTraffic(10, 10), slot.Read());
        Assert.Empty(Directory.GetFiles(Folder));
        blocker.Set();
        ledgers.Dispose();
        Assert.Equal(new DeviceTraffic(10, 10), Kept());
    }
}
