using System.Security.Cryptography;
using Dfu.Protocol.Packages;

namespace Dfu.Simulation.Tests.Support;

internal static class TestPackages
{
    /// <summary>An application of so many random bytes, unsigned unless a key is given.</summary>
    public static DfuPackage Application(int bytes, int seed = 1, ECDsa? key = null, uint sdReq = 0xFFFE) =>
        Read(new PackageContents { Application = Random("app", bytes, seed), ApplicationVersion = 2, HwVersion = 52, SdReq = [sdReq] }, key);

    /// <summary>SoftDevice and bootloader in one image, then the application that needs them; signed, as bootloaders demand of the first.</summary>
    public static DfuPackage All(int softDevice, int bootloader, int application)
    {
        using var key = DfuKeys.Generate();
        return Read(
            new PackageContents
            {
                SoftDevice = Random("sd", softDevice, 2),
                Bootloader = Random("bl", bootloader, 3),
                BootloaderVersion = 2,
                Application = Random("app", application, 1),
                ApplicationVersion = 2,
                HwVersion = 52,
                SdReq = [0xFFFE],
                SoftDeviceIds = [0xFFFE],
            },
            key);
    }

    private static FirmwareFile Random(string name, int bytes, int seed)
    {
        var firmware = new byte[bytes];
        new Random(seed).NextBytes(firmware);
        return new FirmwareFile(name, firmware);
    }

    private static DfuPackage Read(PackageContents contents, ECDsa? key) => PackageReader.Read(PackageWriter.Create(contents, key), null);
}
