using Dfu.Cli.Devices;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Tests.Devices;

public sealed class DeviceSheetTests
{
    private static readonly DateTimeOffset Now = Views.Morning.AddHours(3);

    [Fact]
    public void A_device_that_failed_is_shown_with_cause_evidence_and_remedy()
    {
        var lines = Lines(Found(Views.Failed(1, DfuError.HwVersionRefused, "60 04 0b 03") with
        {
            Label = new(Views.Address(1)) { Serial = "SN 1042", Label = "rack [3]", Order = "PO-7" },
        }));
        Assert.Equal("  ✗ SN 1042: failed", lines[1]);
        Assert.Contains("  Called      SN 1042, rack [3], order PO-7", lines);
        Assert.Contains("  Failure     hwVersionRefused: The package is for another hardware version.", lines);
        Assert.Contains("  Evidence    60 04 0b 03", lines);
        Assert.Contains(lines, line => line.StartsWith("  To do       Build it with the --hw-version", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_known_of_a_device_is_said_in_words()
    {
        var passport = new DevicePassport
        {
            Images = [new(ImageType.Application, 20_401, new('a', 64), new('b', 64), Views.Morning)],
            Revision = "2.4.1",
            Wear = new(1250, 412, 25),
        };
        var view = Views.Updated(1).Resumed(73_728, 65_536, Diagnosis.BackAtSave).Resumed(81_920, 65_536, Diagnosis.BackAtSave) with
        {
            Finish = new(FinishCheck.Compared, "2.4.1"),
            Time = new() { Air = 12, Waiting = 3 },
        };
        var lines = Lines(Found(view, passport));
        Assert.Equal("  ✓ C0:98:76:54:00:02: updated", lines[1]);
        Assert.Contains("  Addresses   C0:98:76:54:00:02 application, C0:98:76:54:00:03 bootloader", lines);
        Assert.Contains("  Drops       2 times: The device is back at the last progress it saved. 64.0 KiB of 72.0 KiB, 64.0 KiB of 80.0 KiB", lines);
        Assert.Contains("  Bootloader  for hardware 52, init packets up to 512 bytes, MTU 247; keeps over a drop what it was made to save", lines);
        Assert.Contains("  Runs        application 20401, since 08:00 (package bbbbbbbbbbbb)", lines);
        Assert.Contains("              says it is 2.4.1", lines);
        Assert.Contains("  Checked     its application said 2.4.1, as expected", lines);
        Assert.Contains(
            "  Flash       settings page erased 412 times of the 10,000 that flash is made for; 1,250 page erases for firmware, 25 updates", lines);
        Assert.Contains("  Where the time went 15.0 s since it joined the campaign", lines);
        Assert.Contains(lines, line => line.StartsWith("  ....", StringComparison.Ordinal) && line.EndsWith("####", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(8_999, "")]
    [InlineData(9_000, "Near its end")]
    [InlineData(10_000, "It may keep no progress")]
    public void Worn_flash_is_warned_of(long erases, string warning)
    {
        var lines = DeviceFacts.Wear(new(100_000, erases, 500)).Lines;
        var text = string.Join('\n', lines.Select(static line => line.Text));
        Assert.Equal(warning.Length > 0, text.Contains('\n', StringComparison.Ordinal));
        Assert.Contains(warning, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_whose_campaigns_are_deleted_is_shown_with_what_is_left()
    {
        var device = new FleetDevice { Name = Views.Address(1), Passport = new() { Wear = new(10, 20, 1) } };
        var lines = Lines(new(device, null, null, null));
        Assert.Equal("  ○ C0:98:76:54:00:02: in no campaign that is kept", lines[1]);
        Assert.Contains(lines, line => line.Contains("settings page erased 20 times", StringComparison.Ordinal));
    }

    private static FoundDevice Found(DeviceView view, DevicePassport? passport = null) => new(
        new() { Name = view.Application, Passport = passport },
        view,
        new() { Campaign = "1a22aa768a0-b81cf823", PackageId = new('b', 64), Targets = "all" },
        new() { Key = "hw52/init512/mtu247", HwVersion = 52, Traits = new() { Keeps = Keeps.Nothing, InitMax = 512, Mtu = 247 } });

    private static string[] Lines(FoundDevice found)
    {
        var (console, written) = Views.Recorder(100);
        DeviceSheet.Write(console, found, Now);
        return written.Lines();
    }
}
