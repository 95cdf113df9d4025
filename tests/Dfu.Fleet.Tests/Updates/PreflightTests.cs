using System.Text;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Tests.Updates;

public sealed class PreflightTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 30, 4, 5, 0, TimeSpan.Zero);
    private static readonly ApplicationInformation Silent = new(null, null);

    [Theory]
    [InlineData(FinishCheck.Heard, PreflightVerdict.Current)]
    [InlineData(FinishCheck.Read, PreflightVerdict.Current)]
    [InlineData(FinishCheck.Compared, PreflightVerdict.Current)]
    [InlineData(FinishCheck.Accepted, PreflightVerdict.Go)]
    [InlineData(FinishCheck.Skipped, PreflightVerdict.Go)]
    [InlineData(FinishCheck.None, PreflightVerdict.Go)]
    public void Only_what_was_seen_to_run_counts(FinishCheck check, PreflightVerdict verdict) =>
        Assert.Equal(verdict, Preflight.Decide(Package(3), Known(3, check), Silent).Verdict);

    [Theory]
    [InlineData("1.0", "1.0", PreflightVerdict.Current)]
    [InlineData(null, null, PreflightVerdict.Current)]
    [InlineData("1.0", "1.1", PreflightVerdict.Go)]
    [InlineData("1.0", null, PreflightVerdict.Go)]
    [InlineData(null, "1.0", PreflightVerdict.Go)]
    public void The_revision_must_be_what_it_was(string? then, string? now, PreflightVerdict verdict) => Assert.Equal(
        verdict, Preflight.Decide(Package(3), Known(3) with { Revision = then }, new(now, null)).Verdict);

    [Fact]
    public void An_application_that_did_not_answer_is_not_taken_for_current() =>
        Assert.Equal(PreflightVerdict.Go, Preflight.Decide(Package(3), Known(3), null).Verdict);

    [Fact]
    public void Every_part_must_be_there()
    {
        var both = Package(3) with { Images = [Image(1, ImageType.Bootloader), Image(3)] };
        Assert.Equal(PreflightVerdict.Go, Preflight.Decide(both, Known(3), Silent).Verdict);
        var known = Known(3) with { Images = [new(ImageType.Bootloader, 1, "0101", "p", Then), .. Known(3).Images] };
        Assert.Equal(
            new(PreflightVerdict.Current, DfuError.None, "runs bootloader 1 and application 3 since 2026-11-30 04:05"),
            Preflight.Decide(both, known, Silent));
    }

    [Fact]
    public void Other_firmware_of_the_same_version_is_sent() => Assert.Equal(
        PreflightVerdict.Go,
        Preflight.Decide(Package(3), Known(3) with { Images = [new(ImageType.Application, 3, "ffff", "p", Then)] }, Silent).Verdict);

    [Fact]
    public void A_newer_application_and_another_hardware_are_refused_as_the_bootloader_would()
    {
        Assert.Equal(
            new(PreflightVerdict.Refused, DfuError.VersionRefused,
                "it took application 4 on 2026-11-30, and this package has 3; --force sends it all the same"),
            Preflight.Decide(Package(3), Known(4), Silent));
        Assert.Equal(DfuError.HwVersionRefused, Preflight.Decide(Package(5), Known(4) with { HwVersion = 51 }, Silent).Error);
        Assert.Equal(DfuError.SoftDeviceRefused, Preflight.Decide(Package(5), Known(4) with { SoftDevice = 0x123 }, Silent).Error);
        Assert.Equal(PreflightVerdict.Go, Preflight.Decide(Package(5), Known(4) with { SoftDevice = 0x100 }, Silent).Verdict);
    }

    [Fact]
    public void What_the_device_contradicts_is_not_held_against_the_package()
    {
        Assert.Equal(PreflightVerdict.Go, Preflight.Decide(Package(3), Known(4), new("9", null)).Verdict);
        var other = Known(2) with { HwVersion = 51, HardwareRevision = "A" };
        Assert.Equal(DfuError.HwVersionRefused, Preflight.Decide(Package(3), other, new(null, "A")).Error);
        Assert.Equal(PreflightVerdict.Go, Preflight.Decide(Package(3), other, new(null, "B")).Verdict);
    }

    [Fact]
    public void Debug_packages_are_judged_by_the_bootloader_alone() => Assert.Equal(
        PreflightVerdict.Go, Preflight.Decide(
            Package(3) with { Images = [Image(3) with { IsDebug = true }] }, Known(4) with { HwVersion = 51 }, Silent).Verdict);

    [Fact]
    public void Nothing_known_is_nothing_against_it() => Assert.Equal(default, Preflight.Decide(Package(3), new(), Silent));

    [Theory]
    [InlineData("2.0\0\0", "2.0", true)]
    [InlineData("2.0", "2.1", false)]
    [InlineData("\u0001\u0002", "0x0102", true)]
    [InlineData("\u0001\u0002", "0x0103", false)]
    [InlineData("0x01", "0x01", true)]
    public void Values_are_compared_as_text_or_as_bytes(string value, string expected, bool fits) =>
        Assert.Equal(fits, ApplicationInformation.Matches(Encoding.UTF8.GetBytes(value), expected));

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("a\u001b[2J", "0x611b5b324a")]
    [InlineData("", "")]
    public void Values_are_shown_so_that_no_terminal_obeys_them(string value, string shown) =>
        Assert.Equal(shown, ApplicationInformation.Describe(Encoding.UTF8.GetBytes(value)));

    [Theory]
    [InlineData("2a26", "0x2A26")]
    [InlineData("0x2A26", "0x2A26")]
    [InlineData("8EC90001-f315-4f60-9fb8-838830daea50", "8ec90001-f315-4f60-9fb8-838830daea50")]
    [InlineData("2a2", null)]
    [InlineData("rev", null)]
    public void Characteristics_are_given_by_16_or_128_bits(string text, string? shown) =>
        Assert.Equal(shown, BluetoothUuid.TryParse(text, out var uuid) ? BluetoothUuid.Describe(uuid) : null);

    private static DevicePassport Known(uint version, FinishCheck check = FinishCheck.Heard) => new()
    {
        Images = [new(ImageType.Application, version, $"{version:x2}{version:x2}", "p", Then)], HwVersion = 52, Check = check,
    };

    private static DfuPackage Package(uint version) => new() { Id = "p", Images = [Image(version)] };

    private static DfuImage Image(uint version, ImageType type = ImageType.Application) => new()
    {
        Type = type, InitPacket = default, Firmware = default, Crc = 0, Sha256 = new[] { (byte)version, (byte)version }, HashMatches = true,
        FwVersion = version, HwVersion = 52, SdReq = [0x100], IsDebug = false, Signature = SignatureKind.None, SignatureValid = null,
        SoftDeviceSize = 0, BootloaderSize = 0, ApplicationSize = 0,
    };
}
