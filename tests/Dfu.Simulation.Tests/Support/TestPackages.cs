using Dfu.Protocol.Packages;

namespace Dfu.Simulation.Tests.Support;

internal static class TestPackages
{
    /// <summary>An application of so many random bytes, signed by nobody in particular.</summary>
    public static DfuPackage Application(int bytes, int seed = 1)
    {
        var firmware = new byte[bytes];
        new Random(seed).NextBytes(firmware);
        var contents = new PackageContents { Application = new FirmwareFile("app.bin", firmware), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] };
        return PackageReader.Read(PackageWriter.Create(contents, null), null);
    }
}
