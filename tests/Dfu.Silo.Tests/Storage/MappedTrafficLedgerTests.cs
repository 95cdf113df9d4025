using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Tests.Storage;

public sealed class MappedTrafficLedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Bytes_are_counted_per_device_and_image_and_begin_again_with_another_campaign()
    {
        var path = _directory.File("ledger");
        using (var ledger = MappedTrafficLedger.Open(path))
        {
            ledger.Begin("one");
            var slot = ledger.Slot(new(1));
            slot.Sent(0, 0, 200);
            slot.Sent(0, 200, 56);
            slot.Sent(0, 0, 256);
            slot.Sent(1, 0, 100);
            ledger.Slot(new(2)).Sent(0, 0, 7);
        }

        using var again = MappedTrafficLedger.Open(path);
        again.Begin("one");
        Assert.Equal(new DeviceTraffic(612, 356), again.Slot(new(1)).Read());
        Assert.Equal(256, again.Slot(new(1)).Read().Resent);
        Assert.Equal(new DeviceTraffic(7, 7), again.Slot(new(2)).Read());
        again.Begin("two");
        Assert.Equal(default, again.Slot(new(1)).Read());
    }

    [Fact]
    public void A_lost_count_is_raised_to_what_a_state_remembers()
    {
        using var ledger = MappedTrafficLedger.Open(_directory.File("ledger"));
        ledger.Begin("one");
        var slot = ledger.Slot(new(1));
        slot.AtLeast(new(900, 500));
        Assert.Equal(new DeviceTraffic(900, 500), slot.Read());
        slot.AtLeast(new(100, 100));
        Assert.Equal(new DeviceTraffic(900, 500), slot.Read());
    }

    [Fact]
    public void The_ledger_grows_with_its_devices_and_survives_without_being_closed()
    {
        var path = _directory.File("ledger");
        using var first = MappedTrafficLedger.Open(path);
        first.Begin("one");
        for (var n = 1; n <= 2500; n++) first.Slot(new((ulong)n)).Sent(0, 0, n);

        // A copy of the file while it is mapped is what a killed process leaves behind.
        var left = _directory.File("left");
        using (var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        using (var to = File.Create(left)) from.CopyTo(to);
        using var second = MappedTrafficLedger.Open(left);
        second.Begin("one");
        Assert.All(Enumerable.Range(1, 2500), n => Assert.Equal(n, second.Slot(new((ulong)n)).Read().Sent));
    }

    [Fact]
    public void A_ledger_of_another_kind_or_cut_short_is_begun_again()
    {
        var path = _directory.File("ledger");
        File.WriteAllText(path, "something else");
        using var ledger = MappedTrafficLedger.Open(path);
        ledger.Begin("one");
        Assert.Equal(default, ledger.Slot(new(1)).Read());
        ledger.Slot(new(1)).Sent(0, 0, 5);
        Assert.Equal(5, ledger.Slot(new(1)).Read().Sent);
    }

    [Fact]
    public void Counts_can_still_be_read_after_the_ledger_was_closed()
    {
        var ledger = MappedTrafficLedger.Open(_directory.File("ledger"));
        ledger.Begin("one");
        var slot = ledger.Slot(new BluetoothAddress(1));
        slot.Sent(0, 0, 5);
        ledger.Dispose();
        slot.Sent(0, 5, 5);
        Assert.Equal(new DeviceTraffic(10, 10), slot.Read());
    }
}
