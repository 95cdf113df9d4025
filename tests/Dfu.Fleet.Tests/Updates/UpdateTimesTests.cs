using Dfu.Fleet.Updates;

namespace Dfu.Fleet.Tests.Updates;

public sealed class UpdateTimesTests
{
    [Fact]
    public void A_device_has_time_to_close_its_link_before_its_bootloader_is_missed() => Assert.True(UpdateTimes.LinkCloses < UpdateTimes.Jump);

    [Fact]
    public void An_application_is_waited_for_until_a_bootloader_that_expects_more_has_given_up() =>
        Assert.True(UpdateTimes.Activation > TimeSpan.FromSeconds(10));
}
