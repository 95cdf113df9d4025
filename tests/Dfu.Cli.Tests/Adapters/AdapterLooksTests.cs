using Dfu.Cli.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Adapters;

public sealed class AdapterLooksTests
{
    private static readonly AdapterView[] Views =
    [
        new() { Id = "station-1/bluez:usb-1-1.2", Status = AdapterStatus.Ready, Active = 3, Limit = 4, Rate = 21_504, Recent = new(31, 2, 4) },
        new() { Id = "station-1/bluez:usb-1-1.2.4", Status = AdapterStatus.Ready, HeldBy = "anna@line-3", Active = 1, Limit = 3 },
        new() { Id = "station-2/bluez:usb-1-1.2", Status = AdapterStatus.Quarantined, Limit = 3, Detail = "it hears nobody" },
        new() { Id = "station-2/bridge:tcp://10.0.0.7:9000", Status = AdapterStatus.Draining, Active = 2, Limit = 20 },
    ];

    [Theory]
    [InlineData("station-1/bluez:usb-1-1.2", 0)]
    [InlineData("1.2.4", 1)]
    [InlineData("STATION-1/bluez:usb-1-1.2.4", 1)]
    [InlineData("10.0.0.7", 3)]
    [InlineData("station-2/bluez", 2)]
    public void An_adapter_is_found_by_a_part_of_its_id(string text, int index) => Assert.Same(Views[index], AdapterNames.Find(text, Views));

    [Theory]
    [InlineData("usb-1-1.2", "'usb-1-1.2' may be station-1/bluez:usb-1-1.2, station-2/bluez:usb-1-1.2")]
    [InlineData("station-2", "'station-2' may be station-2/bluez:usb-1-1.2, station-2/bridge:tcp://10.0.0.7:9000")]
    [InlineData("usb-9", "there is no adapter 'usb-9'")]
    [InlineData("", "there is no adapter ''")]
    public void A_part_that_several_have_or_none_is_refused_with_those_there_are(string text, string message)
    {
        var refused = Assert.Throws<DfuException>(() => AdapterNames.Find(text, Views));
        Assert.Equal((DfuError.InvalidArgument, message), (refused.Error, refused.Message));
        Assert.NotEmpty(refused.Remedy!);
    }

    [Fact]
    public void The_list_says_how_each_stands_and_who_holds_it()
    {
        var (console, written) = Tests.Views.Recorder(160);
        AdapterCommand.WriteList(console, Views);
        Assert.Equal(
            [
                "   HOST       ADAPTER                     STATE                             TRANSFERS        RATE  DROPS  DRAINED BY",
                "●  station-1  bluez:usb-1-1.2             ready                                3 of 4  21.0 KiB/s      4  -",
                "‖  station-1  bluez:usb-1-1.2.4           draining, 1 under way                1 of 3           -      0  anna@line-3",
                "✗  station-2  bluez:usb-1-1.2             in quarantine                        0 of 3           -      0  -            it hears nobody",
                "~  station-2  bridge:tcp://10.0.0.7:9000  suspected, finishing what it has    2 of 20           -      0  -",
            ],
            written.Lines());
    }

    [Fact]
    public void One_is_shown_with_its_links_its_recovery_and_its_test()
    {
        var view = Views[2] with
        {
            Steps = new(2, 1, 0), LastReset = "it was power cycled", SelfTest = new(Tests.Views.Morning, false, 0, null, "it heard nobody in 10 s."),
        };
        var (console, written) = Tests.Views.Recorder(120);
        AdapterCommand.WriteOne(console, view, new() { Id = view.Id }, Tests.Views.Morning);
        var lines = written.Lines();
        Assert.Equal("  ✗ bluez:usb-1-1.2 of station-2: in quarantine", lines[1]);
        Assert.Contains("  Why         it hears nobody", lines);
        Assert.Contains("  Lately      no links in the last minutes", lines);
        Assert.Contains("  Recovered   opened again 2 times, power cycled 1 time", lines);
        Assert.Contains("  Self-test   not passed: heard 0 devices; it heard nobody in 10 s (08:00)", lines);
    }

    [Fact]
    public void Draining_says_what_is_still_under_way()
    {
        var state = new AdapterState { Id = Views[1].Id, HeldBy = "anna@line-3", Slots = [new(Tests.Views.Address(1), 2), new(Tests.Views.Address(2), 1)] };
        var lines = AdapterCommand.Lines(state.Id, AdapterControlKind.Drain, true, "it begins no further transfer", state)
            .Select(Spectre.Console.Markup.Remove);
        Assert.Equal(
            [
                "✓ station-1/bluez:usb-1-1.2.4: it begins no further transfer",
                "  still under way, and finished: C0:98:76:54:00:02, C0:98:76:54:00:04",
            ],
            lines);
    }

    [Fact]
    public void A_self_test_that_is_not_passed_says_what_was_heard()
    {
        var test = new SelfTestReport(Tests.Views.Morning, false, 3, TimeSpan.FromSeconds(1.25), "the golden unit dropped the link");
        var state = new AdapterState { Id = Views[0].Id, SelfTest = test };
        var lines = AdapterCommand.Lines(state.Id, AdapterControlKind.SelfTest, false, "it did not pass", state).Select(Spectre.Console.Markup.Remove);
        Assert.Equal(
            ["✗ station-1/bluez:usb-1-1.2: it did not pass", "  not passed: heard 3 devices, connected in 1.3 s; the golden unit dropped the link"],
            lines);
    }
}
