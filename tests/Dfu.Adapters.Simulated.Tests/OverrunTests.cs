using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>The device's own account of what had to be sent again although no link was lost.</summary>
public sealed class OverrunTests
{
    private const int Object = 4096;

    public static TheoryData<string> Profiles => new(BootloaderProfile.All.Select(profile => profile.ToString()));

    [Theory]
    [MemberData(nameof(Profiles))]
    public void An_object_that_found_the_queue_full_and_is_created_again_counts_with_all_its_bytes(string profile) => On(profile, async host =>
    {
        await OverrunAsync(host);
        Assert.Equal(0, host.Device.Counters.OverrunBytes);
        await host.CreateAsync(ObjectType.Data, Object);
        Assert.Equal(Object, host.Device.Counters.OverrunBytes);
        Assert.True(host.Device.Counters.PacketsRefused > 0);
        await host.CreateAsync(ObjectType.Data, Object);
        Assert.Equal(Object, host.Device.Counters.OverrunBytes);
    });

    [Theory]
    [MemberData(nameof(Profiles))]
    public void What_a_lost_link_costs_is_not_counted_whatever_the_queue_did_before(string profile) => On(profile, async host =>
    {
        await OverrunAsync(host);
        await host.Link.DisposeAsync();
        await host.ConnectAsync();
        await host.SelectAsync(ObjectType.Command);
        await host.ExecuteAsync();
        await host.SelectAsync(ObjectType.Data);
        await host.CreateAsync(ObjectType.Data, Object);
        Assert.Equal(0, host.Device.Counters.OverrunBytes);
    });

    [Theory]
    [MemberData(nameof(Profiles))]
    public void An_object_that_lost_nothing_may_be_created_again_at_no_account(string profile) => On(profile, async host =>
    {
        await host.CreateAsync(ObjectType.Data, Object);
        await host.Wait(300);
        await host.SendAsync(host.Image.Firmware.AsMemory(0, 488));
        await host.CreateAsync(ObjectType.Data, Object);
        Assert.Equal((488, 0), (host.Device.Counters.FirmwareBytes, host.Device.Counters.OverrunBytes));
    });

    /// <summary>The whole of an object while the flash does nothing, and then time to write what was kept.</summary>
    private static async Task OverrunAsync(TestHost host)
    {
        await host.CreateAsync(ObjectType.Data, Object);
        host.Device.StallFlash(true);
        await host.SendAsync(host.Image.Firmware.AsMemory(0, Object));
        await host.CrcAsync();
        host.Device.StallFlash(false);
        await host.Wait(1000);
    }

    private static void On(string name, Func<TestHost, Task> body) => TestHost.Run(
        async host =>
        {
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            await host.Wait(1000);
            await body(host);
        },
        TestHost.Options(BootloaderProfile.All.Single(profile => profile.ToString() == name)));
}
