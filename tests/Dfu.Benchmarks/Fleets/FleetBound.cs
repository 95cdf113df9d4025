using System.Diagnostics;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Directory;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Hosts;
using SimulatedCluster = Dfu.Simulation.Hosts.Cluster;

namespace Dfu.Benchmarks.Fleets;

/// <summary>The same campaign by the same deciding code in virtual time, where computing takes none: one adapter and the devices near it.</summary>
/// <param name="CpuPerMegabyte">Seconds of a processor that devices, radio, transfers and decisions took; without Orleans and without a store.</param>
internal sealed record FleetBound(Transfers Transfers, double CpuPerMegabyte)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public static FleetBound Of(int devices)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            var clock = new TransferClock(time, FleetRoom.ImageBytes);
            using var cluster = new SimulatedCluster(
                new()
                {
                    Radio = FleetRoom.Radio,
                    Link = FleetRoom.Link,
                    Times = FleetTimes.Alone,
                    Machines = FleetRoom.Machines,
                    Wrap = clock.Watch,
                },
                time);
            for (var i = 0; i < devices; i++) cluster.Air.Add(FleetRoom.Device(i));
            cluster.Start();
            await UpdateAsync(cluster, time, FleetRoom.FirstImageBytes, 2);
            clock.Take();
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            await UpdateAsync(cluster, time, FleetRoom.ImageBytes, 3);
            process.Refresh();
            var took = process.TotalProcessorTime - before;
            return new FleetBound(clock.Take(), took.TotalSeconds / (devices * FleetRoom.ImageBytes / 1e6));
        });
    }

    private static async Task UpdateAsync(SimulatedCluster cluster, VirtualTime time, int bytes, uint version)
    {
        var file = FleetRoom.Package(bytes, version);
        var package = PackageReader.Read(file, publicKey: null);
        cluster.Packages.Put(package.Id, file);
        var order = new CampaignOrder
        {
            PackageId = package.Id,
            ImageSizes = [.. package.Images.Select(static image => (long)image.Firmware.Length)],
            HwVersion = package.Images[0].HwVersion,
            Targets = new() { Addresses = [.. cluster.Air.Devices.Select(static device => device.ApplicationAddress)] },
            Key = package.Id,
            Content = package.Id,
        };
        var ticket = await cluster.CallAsync<DirectoryActivation, CampaignTicket>(new(ActorKind.Directory, ""), directory => directory.StartAsync(order));
        if (ticket.Refusal != DfuError.None) throw new DfuException(ticket.Refusal, ticket.Detail);
        var began = time.Elapsed;
        var wanted = Convert.ToHexStringLower(package.Images[0].Sha256.Span);
        while (cluster.Air.Devices.Any(device => device.ActivatedSha256 != wanted || !device.InApplication))
        {
            if (time.Elapsed - began > Longest) throw new InvalidOperationException("a campaign in virtual time did not end");
            await Task.Delay(Look, time);
        }

        await Task.Delay(TimeSpan.FromSeconds(5), time); // the campaign hears of the last one
    }
}
