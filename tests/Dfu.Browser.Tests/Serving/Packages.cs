using Dfu.Protocol.Packages;

namespace Dfu.Browser.Tests.Serving;

/// <summary>Packages for virtual devices.</summary>
internal static class Packages
{
    /// <param name="hardware">Virtual devices have 52, and refuse another.</param>
    public static byte[] Application(uint version, int bytes = 24 * 1024, uint hardware = 52)
    {
        var image = new byte[bytes];
        new Random((int)version).NextBytes(image);
        return PackageWriter.Create(
            new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = version, HwVersion = hardware, SdReq = [0x0100] }, null);
    }
}
