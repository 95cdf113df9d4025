using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Tests.Storage;

public sealed class TrafficLedgersTests : IDisposable
{
    private static readonly BluetoothAddress Device = new(1);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private TrafficLedgers Open() => new(_directory.File("ledgers"));

    [Fact]
    public void Campaigns_do_not_erase_each_others_counts()
    {
        using (var ledgers = Open())
        {
            ledgers.For("one").Slot(Device).Sent(0, 0, 10);
            ledgers.For("two").Slot(Device).Sent(0, 0, 20);
            ledgers.For("one").Begin("one");
            Assert.Same(ledgers.For("one"), ledgers.For("one"));
        }

        using var again = Open();
        Assert.Equal(new DeviceTraffic(20, 20), again.For("two").Slot(Device).Read());
        Assert.Equal(new DeviceTraffic(10, 10), again.For("one").Slot(Device).Read());
    }

    [Fact]
    public void A_forgotten_campaign_leaves_nothing_and_its_late_counts_do_no_harm()
    {
        using var ledgers = Open();
        var ledger = ledgers.For("one");
        var slot = ledger.Slot(Device);
        slot.Sent(0, 0, 10);
        ledgers.For("two").Slot(Device).Sent(0, 0, 20);
        ledgers.Forget("one");
        Assert.Single(Directory.GetFiles(_directory.File("ledgers")));

        slot.Sent(0, 10, 5);
        Assert.Equal(new DeviceTraffic(15, 15), slot.Read());
        ledger.Slot(new(2)).Sent(0, 0, 5);
        Assert.Single(Directory.GetFiles(_directory.File("ledgers")));
        Assert.Equal(default, ledgers.For("one").Slot(Device).Read());
        Assert.Equal(new DeviceTraffic(20, 20), ledgers.For("two").Slot(Device).Read());
        ledgers.Forget("three");
    }

    [Fact]
    public void However_many_campaigns_there_are_some_stay_open_and_the_others_leave_nothing()
    {
        using (var ledgers = Open())
        {
            var first = ledgers.For("first").Slot(Device);
            var used = ledgers.For("used");
            for (var n = 0; n < 3 * TrafficLedgers.Most; n++)
            {
                ledgers.For($"{n}").Slot(Device).Sent(0, 0, 10);
                Assert.Same(used, ledgers.For("used"));
            }

            first.Sent(0, 0, 10);
            Assert.Equal(new DeviceTraffic(10, 10), first.Read());
            Assert.Equal(TrafficLedgers.Most, Directory.GetFiles(_directory.File("ledgers")).Length);
        }

        for (var n = 0; n < 50; n++) File.WriteAllText(Path.Combine(_directory.File("ledgers"), $"old-{n}"), "");
        using var again = Open();
        again.For("new");
        Assert.InRange(Directory.GetFiles(_directory.File("ledgers")).Length, 1, TrafficLedgers.Most + 1);
    }

    [Fact]
    public async Task Counting_while_a_campaign_is_forgotten_loses_no_count()
    {
        const int Rounds = 200, Packets = 2000;
        using var ledgers = Open();
        for (var round = 0; round < Rounds; round++)
        {
            var slot = ledgers.For("one").Slot(Device);
            var counting = Task.Run(() =>
            {
                for (var packet = 0; packet < Packets; packet++) slot.Sent(0, packet, 1);
            });
            ledgers.Forget("one");
            await counting;
            Assert.Equal(new DeviceTraffic(Packets, Packets), slot.Read());
        }
    }

    [Fact]
    public void An_id_may_be_any_text()
    {
        using var ledgers = Open();
        ledgers.For("../../evil").Slot(Device).Sent(0, 0, 1);
        Assert.Equal(_directory.File("ledgers"), Path.GetDirectoryName(Assert.Single(Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories))));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_unusable()
    {
        File.WriteAllText(_directory.File("ledgers"), "");
        using var ledgers = Open();
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => ledgers.For("one")).Error);
    }
}
