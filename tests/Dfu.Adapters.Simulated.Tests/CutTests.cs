using Dfu.Protocol.Errors;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>Whatever is cut, and whenever: the device is there again and takes an image from the beginning.</summary>
public sealed class CutTests
{
    public static TheoryData<BootloaderProfile, CutKind> Cases
    {
        get
        {
            var cases = new TheoryData<BootloaderProfile, CutKind>();
            foreach (var profile in BootloaderProfile.All)
            {
                foreach (var kind in Enum.GetValues<CutKind>()) cases.Add(profile, kind);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_cut_after_any_operation_never_costs_the_device(BootloaderProfile profile, CutKind kind)
    {
        var operations = 1L;
        var image = TestData.Image("app9k");
        TestHost.Run(async host => operations = await RunAsync(host, image, long.MaxValue / 2, kind), TestHost.Options(profile));
        var step = Math.Max(1, operations / 70);
        for (var at = 1L; at <= operations; at += step)
        {
            TestHost.Run(async host => await RunAsync(host, image, at, kind), TestHost.Options(profile));
        }
    }

    private static async Task<long> RunAsync(TestHost host, TestImage image, long cutAt, CutKind kind)
    {
        host.Image = image;
        host.Device.CutAfter(cutAt, kind);
        for (var attempt = 0; attempt < 4 && !host.Device.InApplication; attempt++)
        {
            try
            {
                await host.ConnectAsync();
                await host.AskAsync(OpCode.SetPrn, 0, 0);
                await host.InitAsync();
                await host.SelectAsync(ObjectType.Data);
                await host.ObjectsAsync(0, image.Firmware.Length);
                await host.Link.Closed;
            }
            catch (Exception lost) when (lost is DfuException { Error: DfuError.LinkLost } or Xunit.Sdk.XunitException or FormatException)
            {
                // A request that had no answer because of the cut; another one is wrong only if the next attempt is too.
            }

            await host.Link.DisposeAsync();
            await host.Wait(6_000);
        }

        Assert.True(host.Device.InApplication);
        Assert.Equal(image.Firmware, host.Device.ActivatedImage!.Value.ToArray());
        return host.Device.Counters.Operations;
    }
}
