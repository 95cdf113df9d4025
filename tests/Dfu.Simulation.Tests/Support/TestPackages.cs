using System.Buffers.Binary;
using System.Security.Cryptography;
using Dfu.Protocol.Packages;

namespace Dfu.Simulation.Tests.Support;

internal static class TestPackages
{
    private static readonly ECDsa Key = DfuKeys.Generate();

    /// <summary>An application of so many random bytes, unsigned unless a key is given.</summary>
    public static DfuPackage Application(int bytes, int seed = 1, ECDsa? key = null, uint sdReq = 0xFFFE, bool isDebug = false)
    {
        var application = Random("app", bytes, seed);
        return Read(new PackageContents { Application = application, ApplicationVersion = 2, HwVersion = 52, SdReq = [sdReq], IsDebug = isDebug }, key);
    }

    /// <summary>SoftDevice and bootloader in one image, then the application that needs them; signed, as bootloaders demand of the first.</summary>
    public static DfuPackage All(int softDevice, int bootloader, int application)
    {
        using var key = DfuKeys.Generate();
        return Read(
            new PackageContents
            {
                SoftDevice = SoftDevice(softDevice, 2),
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

    /// <summary>A system part and an application, with ids of SoftDevices as the caller wants them; signed.</summary>
    /// <param name="system">Which of SoftDevice and bootloader it has.</param>
    /// <param name="sdReq">What the system part accepts.</param>
    /// <param name="sdId">The SoftDevice in the package, which the application is for; 0 where there is none.</param>
    public static DfuPackage Parts(ImageType system, uint bootloaderVersion, uint version, uint sdReq = 0x100, uint sdId = 0x100, uint hwVersion = 52)
    {
        var (softDevice, bootloader) = (SoftDevice(0x3000, 2, (ushort)sdId), Random("bl", 8192, 3));
        var contents = new PackageContents
        {
            SoftDevice = system is ImageType.SoftDevice or ImageType.SoftDeviceBootloader ? softDevice : null,
            Bootloader = system is ImageType.Bootloader or ImageType.SoftDeviceBootloader ? bootloader : null,
            BootloaderVersion = system == ImageType.SoftDevice ? null : bootloaderVersion,
            Application = Random("app", (2 * 4096) + 100, 1),
            ApplicationVersion = version,
            HwVersion = hwVersion,
            SdReq = [sdReq],
            SoftDeviceIds = system == ImageType.Bootloader ? [] : [sdId],
        };
        var zip = PackageWriter.Create(contents, Key);
        return PackageReader.Read(zip, null);
    }

    /// <summary>A bootloader by itself, signed.</summary>
    public static DfuPackage OfBootloader(int bytes, uint version) =>
        Read(new PackageContents { Bootloader = Random("bl", bytes, 3), BootloaderVersion = version, HwVersion = 52, SdReq = [0x100] }, Key);

    /// <summary>A SoftDevice by itself, signed.</summary>
    public static DfuPackage OfSoftDevice(int bytes, uint magic)
    {
        using var key = DfuKeys.Generate();
        return Read(new PackageContents { SoftDevice = SoftDevice(bytes, 2, magic: magic), HwVersion = 52, SdReq = [0xFFFE] }, key);
    }

    /// <summary>Random bytes that say of themselves, 0x2000 into them, that they are a SoftDevice of that size.</summary>
    public static FirmwareFile SoftDevice(int bytes, int seed, ushort id = 0x0101, uint family = 140, uint version = 7_003_000, uint magic = 0x51B1_E5DB)
    {
        var firmware = Random("sd", bytes, seed).Bytes.ToArray();
        var structure = firmware.AsSpan(0x2000, 0x18);
        structure[0] = 0x3c;
        BinaryPrimitives.WriteUInt32LittleEndian(structure[0x04..], magic);
        BinaryPrimitives.WriteInt32LittleEndian(structure[0x08..], ((bytes + 4095) & ~4095) + 0x1000);
        BinaryPrimitives.WriteUInt16LittleEndian(structure[0x0c..], id);
        BinaryPrimitives.WriteUInt32LittleEndian(structure[0x10..], family);
        BinaryPrimitives.WriteUInt32LittleEndian(structure[0x14..], version);
        return new FirmwareFile("sd", firmware);
    }

    public static FirmwareFile Random(string name, int bytes, int seed)
    {
        var firmware = new byte[bytes];
        new Random(seed).NextBytes(firmware);
        return new FirmwareFile(name, firmware);
    }

    private static DfuPackage Read(PackageContents contents, ECDsa? key) => PackageReader.Read(PackageWriter.Create(contents, key), null);
}
