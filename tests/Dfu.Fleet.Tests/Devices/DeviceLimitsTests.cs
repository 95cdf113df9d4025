using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>What a device may do is its campaign's affair, on whichever host it is.</summary>
public sealed class DeviceLimitsTests : DeviceShellBench
{
    private void Join(double patience)
    {
        Assert.True(Shell.Join(Place() with { Limits = new() { Patience = TimeSpan.FromSeconds(patience) } }));
        Commit();
    }

    private void WaitUnheard(double seconds)
    {
        Time.Advance(seconds);
        Shell.Wait(Air(heard: null, listening: 1000));
        Commit();
    }

    [Fact]
    public void A_device_waits_as_long_as_its_campaign_says()
    {
        Join(patience: 10);
        WaitUnheard(9);
        Assert.Equal(DeviceOutcome.Pending, State.Outcome);
        WaitUnheard(2);
        Assert.Equal((DfuError.NotHeard, true), (State.Error, State.Detail.StartsWith("not heard for 10 s", StringComparison.Ordinal)));
    }

    [Fact]
    public void Another_host_that_takes_it_over_waits_no_longer_and_no_shorter()
    {
        Join(patience: 300);
        Activate();
        WaitUnheard(250);
        Assert.Equal(DeviceOutcome.Pending, State.Outcome);
        Activate();
        WaitUnheard(301);
        Assert.Equal(DfuError.NotHeard, State.Error);
    }

    [Fact]
    public void A_campaign_that_is_gone_on_with_says_anew_what_it_may()
    {
        Join(patience: 300);
        WaitUnheard(20);
        Assert.Equal(DeviceOutcome.Pending, State.Outcome);
        Join(patience: 10);
        WaitUnheard(1);
        Assert.Equal(DfuError.NotHeard, State.Error);
    }
}
