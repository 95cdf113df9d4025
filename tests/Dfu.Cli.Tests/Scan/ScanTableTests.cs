using Dfu.Adapters;
using Dfu.Cli.Scan;
using Dfu.Fleet.Scan;
using Dfu.Silo.Scan;

namespace Dfu.Cli.Tests.Scan;

public sealed class ScanTableTests
{
    private static readonly DateTimeOffset T0 = DateTimeOffset.UnixEpoch;

    internal static ScanView View(params Advertisement[] heard)
    {
        var table = new UnitTable();
        foreach (var advertisement in heard) table.Hear(0, advertisement, T0);
        return new(table.Units(T0), [new("bridge:tcp://127.0.0.1:7001", ScanRadioState.Listening, "")], TimeSpan.FromSeconds(10));
    }

    internal static Advertisement Heard(int n, string name, int rssi = -60, bool dfu = true, OtherServices others = OtherServices.None) =>
        new(new(0xC098_7654_3200ul + (ulong)n), AddressType.Random, rssi, name, dfu, Connectable: true) { Others = others };

    private static string[] Lines(ScanView view) => [.. ScanTable.Lines(view, view.Units, bars: false).Select(ScanTable.Plain)];

    [Fact]
    public void Columns_are_aligned_whatever_devices_are_called()
    {
        var view = View(
            Heard(0x11, "DfuTarg", -48),
            Heard(0x20, "日本語デバイス", -55, others: OtherServices.Uart),
            Heard(0x30, "[bold]x[/]", -60),
            Heard(0x40, "\u001b[31mred", -66, dfu: false, others: OtherServices.LegacyDfu),
            Heard(0x50, "", -100, dfu: false, others: OtherServices.Smp));
        Assert.Equal(
            [
                "C0:98:76:54:32:11  DfuTarg          -48 dBm  bootloader of C0:98:76:54:32:10  bridge:tcp://127.0.0.1:7001",
                "C0:98:76:54:32:20  日本語デバイス   -55 dBm  application (buttonless)         bridge:tcp://127.0.0.1:7001",
                "C0:98:76:54:32:30  [bold]x[/]       -60 dBm  bootloader or application        bridge:tcp://127.0.0.1:7001",
                "C0:98:76:54:32:40  ?[31mred         -66 dBm  legacy bootloader                bridge:tcp://127.0.0.1:7001",
                "C0:98:76:54:32:50  -               -100 dBm  nRF Connect SDK (SMP)            bridge:tcp://127.0.0.1:7001",
            ],
            Lines(view));
    }

    [Fact]
    public void A_long_name_is_cut_by_the_cells_it_takes()
    {
        var line = Assert.Single(Lines(View(Heard(1, string.Concat(Enumerable.Repeat("👩‍🚀", 20))))));
        Assert.Contains("…  ", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 60, 140);
    }

    [Fact]
    public void A_terminal_is_told_the_radio_only_where_there_are_several()
    {
        var one = View(Heard(0x11, "DfuTarg"));
        var two = one with { Radios = [.. one.Radios, new("bluez:hci1", ScanRadioState.Listening, "")] };
        string Line(ScanView view) => ScanTable.Plain(Assert.Single(ScanTable.Lines(view, view.Units, bars: true)));
        Assert.EndsWith("▂▄▆█  -60 dBm  bootloader of C0:98:76:54:32:10", Line(one), StringComparison.Ordinal);
        Assert.EndsWith("  bridge:tcp://127.0.0.1:7001", Line(two), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_left_is_shown_by_when()
    {
        var table = new UnitTable();
        table.Hear(0, Heard(0x11, "DfuTarg"), T0);
        var view = new ScanView(table.Units(T0.AddSeconds(14)), [new("r", ScanRadioState.Listening, "")], TimeSpan.FromSeconds(14));
        Assert.Equal("C0:98:76:54:32:11  DfuTarg  14 s ago  bootloader of C0:98:76:54:32:10  r", Assert.Single(Lines(view)));
    }

    [Fact]
    public void A_frame_is_no_higher_than_the_terminal()
    {
        var view = View([.. Enumerable.Range(0, 200).Select(n => Heard(n * 2, $"Dev {n}"))]);
        var lines = ScanScreen.Lines(view, view.Units, TimeSpan.FromSeconds(12), 24).ToList();
        Assert.InRange(lines.Count, 20, 23);
        Assert.Contains("1 adapter · 200 devices · 2 s left", lines[0], StringComparison.Ordinal);
        Assert.Equal("  [grey]and 181 more[/]", lines[^1]);
    }
}
