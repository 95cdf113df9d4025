using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;

namespace Dfu.Fleet.Tests.Fakes;

/// <summary>A station with fake radios and a scripted runner in virtual time.</summary>
internal sealed class Station
{
    public Station(int devices = 1, int adapters = 1)
    {
        World = new World().Add(devices);
        Sources = [.. Enumerable.Range(0, adapters).Select(n => new FakeSource(World, Time, $"fake:{n}"))];
        Runner = new(World);
        Store = new(Time);
    }

    public VirtualTime Time { get; } = new();
    public World World { get; }
    public List<FakeSource> Sources { get; }
    public ScriptedRunner Runner { get; }
    public StationStore Store { get; }
    public FleetPolicy Policy { get; set; } = new();
    public DfuPackage Package { get; set; } = Packages.Application(16 * 4096);

    public SimulatedStation Start(UpdateRunner? runner = null) => new(Store, Sources, Policy, runner ?? Runner.RunAsync);

    public CampaignRequest Request(TargetSelection? targets = null) =>
        new() { Package = Package, Targets = targets ?? new() { Addresses = [.. World.Devices.Keys] } };

    /// <summary>Starts, waits and stops; what the campaign looked like at the end.</summary>
    public async Task<CampaignView> FlashAsync(CampaignRequest? request = null)
    {
        await using var run = Start();
        await run.StartAsync(request ?? Request(), CancellationToken.None);
        return await run.WaitAsync(CancellationToken.None);
    }

    public T Run<T>(Func<Task<T>> work) => Time.Run(work);

    public Task After(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Time, CancellationToken.None);
}

internal static class Packages
{
    public static DfuPackage Application(int bytes) => Of((ImageType.Application, bytes));

    public static DfuPackage Of(params (ImageType Type, int Bytes)[] images) => new()
    {
        Id = string.Concat(images.Select(image => image.Bytes.ToString("x8", System.Globalization.CultureInfo.InvariantCulture))).PadRight(64, 'a'),
        Images = [.. images.Select(image => Image(image.Type, image.Bytes))],
    };

    private static DfuImage Image(ImageType type, int bytes) => new()
    {
        Type = type,
        InitPacket = new byte[141],
        Firmware = new byte[bytes],
        Crc = 0,
        Sha256 = new byte[32],
        HashMatches = true,
        FwVersion = 1,
        HwVersion = 52,
        SdReq = [],
        IsDebug = false,
        Signature = SignatureKind.None,
        SignatureValid = null,
        SoftDeviceSize = 0,
        BootloaderSize = 0,
        ApplicationSize = (uint)bytes,
    };
}
