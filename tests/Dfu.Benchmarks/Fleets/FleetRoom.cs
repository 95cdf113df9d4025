using Dfu.Adapters.Simulated;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Protocol.Packages;
using Dfu.Silo.Simulation;

namespace Dfu.Benchmarks.Fleets;

/// <summary>What is the same in real and in virtual time: devices, radios, packages, and that as many transfers are begun as a radio holds links.</summary>
internal static class FleetRoom
{
    public const int ImageBytes = 100 * 1024;

    /// <summary>Before what is measured, each device gets an image of this size: then nothing is left to learn of it, and all code is compiled.</summary>
    public const int FirstImageBytes = 32 * 1024;

    /// <summary>15 ms, 3 packets in an event.</summary>
    public static LinkModel Link { get; } = LinkModel.Perfect;

    public static AdapterModel Radio { get; } = new();

    public static FleetMachines Machines { get; } = new()
    {
        Adapter = static (state, happened, policy) =>
        {
            var (next, effects) = AdapterMachine.Apply(state, happened, policy);
            return (next with { Limit = next.Limit with { Current = next.Limit.Ceiling } }, effects);
        },
    };

    /// <summary>Bytes a second over a radio with all its links (section 5 of docs/PERFORMANCE.md), by which is told how long a run would take.</summary>
    public const double RadioRate = 57_000;

    public static VirtualDeviceOptions Device(int index) => new SimulationSettings { InApplication = true }.Device(index);

    /// <summary>How many of the devices are near an adapter: as many as near any other, or one more.</summary>
    public static int Near(int adapter, int devices, int adapters) => (devices / adapters) + (adapter < devices % adapters ? 1 : 0);

    public static byte[] Package(int bytes, uint version)
    {
        var firmware = new byte[bytes];
        new Random((int)version).NextBytes(firmware);
        return PackageWriter.Create(
            new PackageContents
            {
                Application = new FirmwareFile("app", firmware),
                ApplicationVersion = version,
                HwVersion = SimulationSettings.HwVersion,
                SdReq = [0xFFFE],
            },
            null);
    }
}
