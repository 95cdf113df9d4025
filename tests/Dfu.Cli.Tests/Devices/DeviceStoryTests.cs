using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Tests.Devices;

public sealed class DeviceStoryTests
{
    private static readonly ResumeRecord Found = new(50_000, 40_960, Diagnosis.BackAtSave);

    [Fact]
    public void A_story_goes_from_joining_to_the_outcome_without_gaps()
    {
        var story = DeviceStory.Of(Device(DevicePhase.Done), 999)!;
        Assert.Equal((-4, 20), (story.From, story.To));
        Assert.All(story.Parts.Zip(story.Parts.Skip(1)), static pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.Equal(24, story.Parts.Sum(static part => part.Seconds));
        Assert.Equal(10_000, story.Parts.Single(static part => part.Rate > 0).Rate);
    }

    [Fact]
    public void An_attempt_says_who_carried_it_out_what_ended_it_and_what_the_next_found()
    {
        var story = DeviceStory.Of(Device(DevicePhase.Done), 999)!;
        Assert.Equal(
            [new(1, 0, "station-1/usb-1", -60) { To = 6, Error = DfuError.LinkLost }, new(2, 8, "station-1/usb-2", null) { To = 20, Found = Found }],
            story.Attempts.AsEnumerable());
        Assert.Equal([new(6, story.Attempts[0], Found)], story.Drops);
    }

    [Fact]
    public void A_device_at_work_has_a_story_up_to_now()
    {
        var device = Device(DevicePhase.Reconciling);
        var story = DeviceStory.Of(device with { Moments = device.Moments[..^1] }, 15)!;
        Assert.Equal(15, story.To);
        Assert.Null(story.Attempts[^1].To);
        Assert.Null(DeviceStory.Of(device with { Moments = [] }, 15));
    }

    private static DeviceState Device(DevicePhase phase) => DeviceState.New(Views.Address(1), [100_000], Views.Morning) with
    {
        Phase = phase,
        Moments =
        [
            new(DevicePhase.Queued, -4, 0),
            new(DevicePhase.Connecting, 0, 0) { Attempt = 1, Adapter = "station-1/usb-1", Rssi = -60 },
            new(DevicePhase.Sending, 1, 0),
            new(DevicePhase.BackingOff, 6, 50_000) { Error = DfuError.LinkLost },
            new(DevicePhase.Connecting, 8, 50_000) { Attempt = 2, Adapter = "station-1/usb-2" },
            new(DevicePhase.Reconciling, 9, 50_000) { Found = Found },
            new(DevicePhase.Done, 20, 100_000),
        ],
    };
}
