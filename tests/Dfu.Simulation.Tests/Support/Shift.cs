using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;

namespace Dfu.Simulation.Tests.Support;

/// <summary>One campaign over one adapter in virtual time: the station, the transfer and virtual devices, and how long all of it took.</summary>
internal sealed record Shift
{
    public int Devices { get; init; } = 20;
    public int ImageBytes { get; init; } = 200 * 1024;
    public double DropRate { get; init; }
    public bool InApplication { get; init; }
    public bool Saves { get; init; }
    public AdapterModel Adapter { get; init; } = new();
    public FleetPolicy Policy { get; init; } = new();
    public int Seed { get; init; } = 1;

    /// <returns>When the last device was done, and the highest limit its adapter had.</returns>
    public (TimeSpan Makespan, int Highest) Run()
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect with { DropRate = DropRate }, Seed);
            for (var i = 0; i < Devices; i++)
            {
                air.Add(new VirtualDeviceOptions
                {
                    ApplicationAddress = VirtualDeviceOptions.AddressFor(Seed, i),
                    Profile = BootloaderProfile.Sdk17 with { SaveProgress = Saves },
                    StartsInApplication = InApplication,
                    RequireSigned = false,
                });
            }

            var image = new byte[ImageBytes];
            new Random(Seed).NextBytes(image);
            var package = PackageReader.Read(PackageWriter.Create(
                new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 1, HwVersion = 52, SdReq = [0x0100] }, null), null);
            await using var station = new SimulatedStation(new(time), [air.CreateAdapter("radio", Adapter)], Policy, UpdateRun.RunAsync);
            var began = time.GetTimestamp();
            await station.StartAsync(new() { Package = package, Targets = new() { All = true, Count = Devices } }, CancellationToken.None);
            var over = station.WaitAsync(CancellationToken.None);
            var highest = 0;
            while (!over.IsCompleted)
            {
                await Task.WhenAny(over, Task.Delay(TimeSpan.FromSeconds(0.5), time, CancellationToken.None));
                highest = Math.Max(highest, station.Snapshot().Adapters[0].Limit);
            }

            var view = await over;
            Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
            return (time.GetElapsedTime(began), highest);
        });
    }
}
