namespace Dfu.Adapters.Simulated.Tests;

/// <summary>The device's own account of a host that begins anew what it could have gone on with.</summary>
public sealed class InitsAgainTests
{
    [Fact]
    public void An_init_packet_that_the_device_has_counts_when_firmware_had_come_for_it() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        await host.InitAsync();
        await host.InitAsync();
        Assert.Equal(0, host.Device.Counters.InitsAgain);
        await host.ObjectAsync(0);
        await host.InitAsync();
        Assert.Equal(1, host.Device.Counters.InitsAgain);
    });
}
