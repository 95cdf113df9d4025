using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>A part of a package that the bootloader refused and that the device probably has.</summary>
public sealed class PassedOverTests
{
    private const string Note = "bootloader 5 was there already, or a newer one";

    private static DeviceEvent.ImagePassed Passed(int image = 0, DfuError error = DfuError.VersionRefused) => new(1, image, error, "60 04 0b 05", Note, At(1));

    private static DeviceState AfterPass(DfuError error = DfuError.VersionRefused) => Apply(Queued(20_000, 100_000), Grant(), Passed(error: error));

    [Fact]
    public void The_next_image_goes_on_and_only_its_bytes_count()
    {
        var state = AfterPass();
        Assert.Equal((1, 100_000L, 0L), (state.Image, state.BytesTotal, state.BytesConfirmed));
        Assert.True(state.AttemptFruitful);
        Assert.Equal(Note, state.PassedNote);
        var half = Apply(state, Confirmed(1, 50_000, image: 1));
        Assert.Equal(50_000, half.BytesConfirmed);
    }

    [Fact]
    public void It_is_not_asked_again_by_the_next_attempt()
    {
        var state = Apply(AfterPass(), Ended(1, DfuError.LinkLost), Grant(at: 3));
        Assert.Equal((2, 1), (state.Attempt, state.Image));
        Assert.Same(state, Apply(state, Passed()));
    }

    [Fact]
    public void An_updated_device_says_what_was_there()
    {
        Assert.Equal((DeviceOutcome.Updated, Note), Outcome(Apply(AfterPass(), Ended(1, DfuError.None) with { Detail = "" })));
        var unheard = Apply(AfterPass(), Ended(1, DfuError.None, heard: false) with { Detail = "" });
        Assert.Equal($"{Note}; accepted by the bootloader; its application was not heard", unheard.Detail);
    }

    [Fact]
    public void An_application_that_is_refused_as_well_says_why_and_what_was_there()
    {
        var refused = Apply(AfterPass(), Ended(1, DfuError.SoftDeviceRefused) with { Detail = "for another SoftDevice" });
        Assert.Equal((DfuError.SoftDeviceRefused, $"{Note}; for another SoftDevice"), (refused.Error, refused.Detail));
    }

    [Theory]
    [InlineData(DfuError.InitPacketRefusedUnexplained)]
    [InlineData(DfuError.SoftDeviceRefused)]
    public void Where_the_first_refusal_may_be_the_reason_its_words_count(DfuError first)
    {
        var refused = Apply(AfterPass(first), Ended(1, DfuError.VersionRefused) with { Detail = "not newer" });
        Assert.Equal((first, "60 04 0b 05; the next part was refused, too: not newer"), (refused.Error, refused.Detail));
    }

    [Fact]
    public void What_is_no_refusal_is_said_as_it_is()
    {
        var failed = Apply(AfterPass(DfuError.SoftDeviceRefused), Ended(1, DfuError.VerificationFailed));
        Assert.Equal(DfuError.VerificationFailed, failed.Error);
    }

    [Fact]
    public void The_last_image_is_never_passed_over()
    {
        var state = Apply(Queued(20_000, 100_000), Grant());
        Assert.Same(state, Apply(state, Passed(image: 1)));
        Assert.Same(state, Apply(state, Passed(image: 2)));
    }

    [Fact]
    public void An_operator_who_asks_again_has_the_device_asked_again()
    {
        var failed = Apply(AfterPass(), Ended(1, DfuError.SoftDeviceRefused));
        var again = Apply(failed, new DeviceEvent.RetryRequested(At(9), failed.Run + 1));
        Assert.Equal((0, 120_000L, DevicePhase.Queued), (again.Image, again.BytesTotal, again.Phase));

        var activated = Apply(Queued(20_000, 100_000), Grant(), new DeviceEvent.ImageActivated(1, 0, true, At(1)), Ended(1, DfuError.SoftDeviceRefused));
        Assert.Equal(1, Apply(activated, new DeviceEvent.RetryRequested(At(9), activated.Run + 1)).Image);
    }

    private static (DeviceOutcome, string) Outcome(DeviceState state) => (state.Outcome, state.Detail);
}
