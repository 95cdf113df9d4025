using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

public sealed class DevicePassportTests
{
    private static readonly ImageIdentity Image = new(ImageType.Application, 3, "aa", 52, null);
    private static readonly DateTimeOffset Wall = new(2026, 11, 30, 4, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_update_teaches_what_the_device_runs()
    {
        var label = new TargetLabel(Application) { Serial = "S1" };
        var passport = After(new(), Queued() with { Label = label }, Grant(), Told("1.0"), LastExecute(), Activated(), End("3"));
        Assert.Equal(
            (label, 52u, "3", FinishCheck.Read, 0), (passport.Label, passport.HwVersion, passport.Revision, passport.Check, passport.Failures));
        Assert.Equal(new KnownImage(ImageType.Application, 3, "aa", "p1", Wall), Assert.Single(passport.Images));
        Assert.Equal(new DeviceWear(25, 2, 1), passport.Wear); // it had an application, over which the image was copied
        Assert.Equal(FleetJson.Write(passport), FleetJson.Write(FleetJson.Read<DevicePassport>(FleetJson.Write(passport))));
    }

    [Fact]
    public void A_refusal_or_a_failure_is_counted_and_teaches_nothing_else()
    {
        var passport = After(new(), Queued(), Grant(), Ended(1, DfuError.SignatureRefused));
        Assert.Equal((1, 0), (passport.Failures, passport.Images.Length));
    }

    [Fact]
    public void From_the_last_EXECUTE_on_nobody_knows_what_it_runs()
    {
        var known = After(new(), Queued(), Grant(), LastExecute(), Activated(), End("3"));
        Assert.Equal(FinishCheck.None, After(known, Queued(), Grant(), LastExecute()).Check);
        Assert.Equal(FinishCheck.Read, After(known, Queued(), Grant(), Confirmed(1, 50_000)).Check);
    }

    [Fact]
    public void An_application_that_says_something_else_is_not_the_one_it_was_given()
    {
        var known = After(new(), Queued(), Grant(), LastExecute(), Activated(), End("3"));
        Assert.Single(After(known, Queued(), Grant(), Told("3")).Images);
        foreach (var other in new[] { "4", null })
        {
            var changed = After(known, Queued(), Grant(), Told(other));
            Assert.Equal((0, FinishCheck.None, other), (changed.Images.Length, changed.Check, changed.Revision));
        }
    }

    [Theory]
    [InlineData(ImageType.SoftDevice, ImageType.SoftDeviceBootloader, false)]
    [InlineData(ImageType.SoftDeviceBootloader, ImageType.Bootloader, false)]
    [InlineData(ImageType.Application, ImageType.SoftDevice, true)]
    public void An_image_takes_the_place_of_what_it_overwrites(ImageType image, ImageType old, bool stays)
    {
        var known = new DevicePassport { Images = [new(old, 1, "bb", "p0", Wall)] };
        var events = new DeviceEvent[] { Grant(), new DeviceEvent.LastExecute(1, 0, At(1)) { Identity = Image with { Type = image } }, Activated() };
        Assert.Equal(stays ? 2 : 1, After(known, Queued(), events).Images.Length);
    }

    [Fact]
    public void A_lower_version_that_was_taken_is_remembered()
    {
        var known = new DevicePassport { Images = [new(ImageType.Application, 9, "bb", "p0", Wall)] };
        Assert.True(After(known, Queued(), Grant(), LastExecute(), Activated()).TakesLowerVersions);
        Assert.False(After(new(), Queued(), Grant(), LastExecute(), Activated()).TakesLowerVersions);
    }

    [Fact]
    public void A_worn_settings_page_is_warned_of_before_it_fails()
    {
        Assert.Null(new DeviceWear(100_000, DeviceWear.Warning - 1, 100).Notice);
        Assert.Equal(
            "Updates have erased its bootloader's settings page 9,012 times, and flash is made for 10,000: when the page fails, the device may not start "
                + "any more. Update it seldom, or replace it.",
            new DeviceWear(100_000, 9_012, 100).Notice);
    }

    private static DeviceEvent.Told Told(string? revision) => new(1, revision, null);

    private static DeviceEvent.LastExecute LastExecute() => new(1, 0, At(1)) { Identity = Image };

    private static DeviceEvent.ImageActivated Activated() => new(1, 0, false, At(2));

    private static DeviceEvent.Ended End(string revision) =>
        Ended(1, DfuError.None) with { Finish = new(FinishCheck.Read, revision) { FirmwareRevision = revision } };

    private static DevicePassport After(DevicePassport passport, DeviceState state, params DeviceEvent[] events)
    {
        foreach (var e in events)
        {
            var next = DeviceMachine.Apply(state, e, Policy).Next;
            passport = DevicePassports.After(passport, state, next, e, "p1", Wall);
            state = next;
        }

        return passport;
    }
}
