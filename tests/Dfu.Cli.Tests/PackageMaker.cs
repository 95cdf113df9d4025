using Dfu.Protocol.Packages;

namespace Dfu.Cli.Tests;

/// <summary>Packages for virtual devices.</summary>
internal static class PackageMaker
{
    public static void Write(string path, int bytes = 4096)
    {
        var image = new byte[bytes];
        new Random(bytes).NextBytes(image);
        var zip = PackageWriter.Create(
            new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 1, HwVersion = 52, SdReq = [0x0100] }, null);
        File.WriteAllBytes(path, zip);
    }
}
