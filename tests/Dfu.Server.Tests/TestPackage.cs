using Dfu.Protocol.Packages;

namespace Dfu.Server.Tests;

/// <summary>Packages for devices of a <c>sim:</c> adapter; unsigned, each seed another.</summary>
public static class TestPackage
{
    /// <param name="size">Bytes of the application.</param>
    public static (DfuPackage Package, byte[] File) Build(int size = 4 * 4096, int seed = 1, uint version = 2)
    {
        var firmware = new byte[size];
        new Random(seed).NextBytes(firmware);
        var contents = new PackageContents
        {
            Application = new FirmwareFile("app", firmware), ApplicationVersion = version, HwVersion = 52, SdReq = [0xFFFE],
        };
        var file = PackageWriter.Create(contents, null);
        return (PackageReader.Read(file, null), file);
    }
}
