using System.Security.Cryptography;
using Dfu.Fleet.Adapters;
using Dfu.Protocol.Packages;
using Dfu.Reports;
using Dfu.Silo.Simulation;

namespace Dfu.Server.Console.NewCampaign;

/// <summary>A package to try with where every radio of the fleet is virtual; a real device that asks for no signature would take its random bytes.</summary>
internal static class SamplePackage
{
    public const string Name = "sample.zip";
    private const int Bytes = 200 * 1024;
    private const string Virtual = "sim:";

    public static bool IsFor(IReadOnlyCollection<AdapterView> adapters) =>
        adapters.Count > 0 && adapters.All(static view => ReportWords.Place(view.Id, "").Adapter.StartsWith(Virtual, StringComparison.Ordinal));

    /// <returns>The zip of an application, another one each time.</returns>
    public static byte[] Make() => PackageWriter.Create(
        new()
        {
            Application = new FirmwareFile(Name, RandomNumberGenerator.GetBytes(Bytes)),
            ApplicationVersion = 2,
            HwVersion = SimulationSettings.HwVersion,
            SdReq = [0x0100],
        },
        null);
}
