using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Benchmarks.Shifts;

/// <summary>
/// What one radio of the model gets through at most: links that never drop, as many at once as serve it best, devices that are there
/// already.
/// </summary>
internal static class RadioCapacity
{
    /// <returns>Bytes per second of one link alone, of all links at the best number, and that number.</returns>
    public static (double Alone, double Most, int Links) Measure(LinkModel link, AdapterModel adapter, DfuImage image)
    {
        var rates = Enumerable.Range(1, adapter.MaxLinks).Select(links => Rate(link with { DropRate = 0 }, adapter, image, links)).ToList();
        return (rates[0], rates.Max(), rates.IndexOf(rates.Max()) + 1);
    }

    private static double Rate(LinkModel model, AdapterModel adapterModel, DfuImage image, int count)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, model, seed: 1);
            await using var adapter = await air.CreateAdapter("sim", adapterModel).OpenAsync(CancellationToken.None);
            var links = new List<IDfuLink>();
            for (var i = 0; i < count; i++)
            {
                var device = air.Add(new VirtualDeviceOptions { ApplicationAddress = VirtualDeviceOptions.AddressFor(1, i), RequireSigned = false });
                links.Add(await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), CancellationToken.None));
            }

            var began = time.GetTimestamp();
            await Task.WhenAll(links.Select(link => ImageTransfer.RunAsync(
                link, image, new TransferHint { Traits = Learned }, new TransferBenchmark.Learner(), new TransferOptions(), time, CancellationToken.None)));
            var rate = count * (double)image.Firmware.Length / time.GetElapsedTime(began).TotalSeconds;
            foreach (var link in links) await link.DisposeAsync();
            return rate;
        });
    }

    /// <summary>What transfers to such a bootloader have learned of it after a few.</summary>
    private static readonly BootloaderTraits Learned = Learn();

    private static BootloaderTraits Learn()
    {
        var traits = new BootloaderTraits { Keeps = Keeps.Nothing };
        for (var i = 0; i < 3; i++) TransferBenchmark.Ours(deaf: false, saving: false, traits, out traits);
        return traits;
    }
}
