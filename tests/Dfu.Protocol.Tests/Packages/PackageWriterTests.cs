using System.IO.Compression;
using System.Security.Cryptography;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

public class PackageWriterTests
{
    private static readonly ECDsa Key = DfuKeys.Generate();

    [Theory]
    [InlineData("app10k.zip")]
    [InlineData("app_unsigned.zip")]
    [InlineData("app200k.zip")]
    [InlineData("app_hw51.zip")]
    [InlineData("app_v0.zip")]
    [InlineData("bl.zip")]
    [InlineData("sdonly.zip")]
    [InlineData("sdbl.zip")]
    [InlineData("sdblapp.zip")]
    public void Makes_the_same_manifest_and_the_same_signed_bytes_as_Nordics_tool(string file)
    {
        var theirs = new RawZip(Samples.Bytes(file));
        var ours = new RawZip(PackageWriter.Create(Remake(Samples.Bytes(file)), Key));

        Assert.Equal(theirs.Entries.Select(entry => entry.Name).Order(), ours.Entries.Select(entry => entry.Name).Order());
        Assert.Equal(theirs["manifest.json"], ours["manifest.json"]);
        foreach (var name in theirs.Entries.Select(entry => entry.Name).Where(name => name.EndsWith(".dat", StringComparison.Ordinal)))
        {
            Assert.Equal(Parse(theirs[name]).SignedBytes.ToArray(), Parse(ours[name]).SignedBytes.ToArray());
        }
    }

    [Fact]
    public void Makes_the_same_unsigned_init_packet_as_Nordics_tool_byte_for_byte()
    {
        var theirs = new RawZip(Samples.Bytes("app_unsigned.zip"));
        var ours = new RawZip(PackageWriter.Create(Remake(Samples.Bytes("app_unsigned.zip")), null));

        Assert.Equal(theirs["app10k.dat"], ours["app10k.dat"]);
        Assert.Equal(theirs["app10k.bin"], ours["app10k.bin"]);
    }

    [Fact]
    public void Lays_the_signature_out_as_Nordics_tool_does()
    {
        var theirs = new RawZip(Samples.Bytes("app10k.zip"))["app10k.dat"];
        var ours = new RawZip(PackageWriter.Create(Remake(Samples.Bytes("app10k.zip")), Key))["app10k.dat"];

        Assert.Equal(theirs.Length, ours.Length);
        Assert.Equal(theirs[..^64], ours[..^64]);
        byte[] signature = [.. ours[^64..^32].Reverse(), .. ours[^32..].Reverse()];
        Assert.True(Key.VerifyData(ours[9..72], signature, HashAlgorithmName.SHA256));
    }

    [Fact]
    public void Pads_an_image_to_words_with_erased_flash()
    {
        var package = PackageReader.Read(PackageWriter.Create(Application([1, 2, 3, 4, 5]), Key), Key);

        Assert.Equal([1, 2, 3, 4, 5, 0xFF, 0xFF, 0xFF], package.Images[0].Firmware.ToArray());
        Assert.Equal(8u, package.Images[0].ApplicationSize);
    }

    [Fact]
    public void Pads_each_part_of_a_SoftDevice_with_bootloader()
    {
        var contents = Application([1]) with
        {
            Application = null,
            SoftDevice = new("sd", new byte[] { 1, 2, 3 }),
            Bootloader = new("bl", new byte[] { 4, 5 }),
            BootloaderVersion = 9,
        };

        var image = Assert.Single(PackageReader.Read(PackageWriter.Create(contents, Key), Key).Images);

        Assert.Equal([1, 2, 3, 0xFF, 4, 5, 0xFF, 0xFF], image.Firmware.ToArray());
        Assert.Equal((4u, 4u, 9u), (image.SoftDeviceSize, image.BootloaderSize, image.FwVersion));
    }

    [Fact]
    public void Orders_a_SoftDevice_or_a_bootloader_before_the_application()
    {
        var application = Application([1, 2, 3, 4]) with { SoftDeviceIds = [0x101] };
        var withSoftDevice = PackageReader.Read(PackageWriter.Create(application with { SoftDevice = new("s132", new byte[8]) }, Key), Key);
        var withBootloader = PackageReader.Read(
            PackageWriter.Create(application with { Bootloader = new("boot", new byte[8]), BootloaderVersion = 3 }, Key), Key);

        Assert.Equal([ImageType.SoftDevice, ImageType.Application], withSoftDevice.Images.Select(image => image.Type));
        Assert.Equal([0x100u, 0x101u], withSoftDevice.Images[0].SdReq);
        Assert.Equal([0x101u], withSoftDevice.Images[1].SdReq);
        Assert.Equal([ImageType.Bootloader, ImageType.Application], withBootloader.Images.Select(image => image.Type));
        Assert.Equal([0x100u], withBootloader.Images[1].SdReq);
    }

    [Fact]
    public void Leaves_boot_validation_out_when_asked()
    {
        var with = new RawZip(PackageWriter.Create(Application(new byte[16]), null))["app.dat"];
        var without = new RawZip(PackageWriter.Create(Application(new byte[16]) with { BootValidation = false }, null))["app.dat"];

        Assert.Equal(with.Length - 6, without.Length);
        Assert.True(with.AsSpan().EndsWith<byte>([0x48, 0, 0x52, 4, 8, 1, 0x12, 0]));
        Assert.True(without.AsSpan().EndsWith<byte>([0x48, 0]));
    }

    [Fact]
    public void Depends_on_nothing_but_the_contents()
    {
        Assert.Equal(PackageWriter.Create(Application(new byte[100]), null), PackageWriter.Create(Application(new byte[100]), null));
    }

    [Fact]
    public void Stores_entries_as_they_are()
    {
        using var zip = new ZipArchive(new MemoryStream(PackageWriter.Create(Application(new byte[1000]), null)));

        Assert.All(zip.Entries, entry => Assert.Equal(entry.Length, entry.CompressedLength));
    }

    [Fact]
    public void Gives_images_of_one_name_different_entries()
    {
        var contents = Application(new byte[4]) with { Bootloader = new("APP", new byte[4]), BootloaderVersion = 1 };

        Assert.Equal(2, PackageReader.Read(PackageWriter.Create(contents, Key), Key).Images.Count);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("manifest")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("Füße\n")]
    public void Gives_a_firmware_of_any_name_a_safe_one(string name)
    {
        var contents = Application(new byte[4]) with { Application = new FirmwareFile(name, new byte[4]) };

        Assert.Single(PackageReader.Read(PackageWriter.Create(contents, Key), Key).Images);
    }

    public static TheoryData<string, PackageContents> Wrong => new()
    {
        { "nothing", Application([1]) with { Application = null } },
        { "no application version", Application([1]) with { ApplicationVersion = null } },
        { "no bootloader version", Application([1]) with { Bootloader = new("bl", new byte[4]) } },
        { "no SoftDevice", Application([1]) with { SdReq = [] } },
        { "too many SoftDevices", Application([1]) with { SdReq = [.. Enumerable.Range(0, 17).Select(i => (uint)i)] } },
        { "SoftDevice id unknown", Application([1]) with { SoftDevice = new("sd", new byte[4]) } },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Refuses_parts_that_do_not_go_together(string why, PackageContents contents)
    {
        Assert.True(DfuError.InvalidArgument == Assert.Throws<DfuException>(() => PackageWriter.Create(contents, Key)).Error, why);
    }

    [Fact]
    public void Refuses_an_empty_image_and_one_beyond_any_flash()
    {
        Assert.Equal(DfuError.FirmwareInvalid, Assert.Throws<DfuException>(() => PackageWriter.Create(Application([]), Key)).Error);
        Assert.Equal(
            DfuError.FirmwareInvalid, Assert.Throws<DfuException>(() => PackageWriter.Create(Application(new byte[PackageLimits.ImageBytes + 1]), Key)).Error);
    }

    [Fact]
    public void Refuses_to_sign_with_a_public_key()
    {
        Assert.Equal(DfuError.KeyInvalid, Assert.Throws<DfuException>(() => PackageWriter.Create(Application(new byte[4]), Samples.PublicKey)).Error);
    }

    private static PackageContents Application(byte[] firmware) => new()
    {
        Application = new FirmwareFile("app", firmware),
        ApplicationVersion = 7,
        HwVersion = 52,
        SdReq = [0x100],
    };

    /// <summary>What the package was made of, so that it can be made again.</summary>
    private static PackageContents Remake(byte[] zip)
    {
        var package = PackageReader.Read(zip, null);
        DfuImage? Of(params ImageType[] types) => package.Images.FirstOrDefault(image => types.Contains(image.Type));
        var name = new RawZip(zip).Entries.Select(entry => entry.Name).LastOrDefault(
            name => name.EndsWith(".bin", StringComparison.Ordinal) && name != "sd_bl.bin", "parts.bin")[..^4];
        FirmwareFile? File(DfuImage? image, Range range) => image is null ? null : new FirmwareFile(name, image.Firmware[range]);

        var application = Of(ImageType.Application);
        var softDevice = Of(ImageType.SoftDevice, ImageType.SoftDeviceBootloader);
        var bootloader = Of(ImageType.Bootloader, ImageType.SoftDeviceBootloader);
        return new PackageContents
        {
            Application = File(application, ..),
            ApplicationVersion = application?.FwVersion,
            SoftDevice = File(softDevice, ..(int)(softDevice?.SoftDeviceSize ?? 0)),
            Bootloader = File(bootloader, (int)(bootloader?.SoftDeviceSize ?? 0)..),
            BootloaderVersion = bootloader?.FwVersion,
            HwVersion = package.Images[0].HwVersion,
            SdReq = [package.Images[0].SdReq[0]],
            SoftDeviceIds = softDevice is not null && application is not null ? application.SdReq : [],
        };
    }

    private static InitPacket Parse(byte[] dat)
    {
        Assert.True(InitPacket.TryParse(dat, out var packet, out var problem), problem);
        return packet;
    }
}
