using System.IO.Hashing;
using System.Security.Cryptography;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

public class PackageReaderTests
{
    public static TheoryData<string, int, uint, uint, uint, uint> Applications => new()
    {
        { "app10k.zip", 10240, 0x9e56d72d, 2, 52, 256 },
        { "app10002.zip", 10004, 0x5afba8d6, 2, 52, 256 },
        { "app9999.zip", 10000, 0xe460859b, 2, 52, 256 },
        { "app9k.zip", 9000, 0xa2fca223, 2, 52, 256 },
        { "app9k2.zip", 9000, 0x58451e18, 2, 52, 256 },
        { "app200k.zip", 204800, 0x921a1ad1, 2, 52, 256 },
        { "appbig.zip", 851968, 0x660342bd, 2, 52, 256 },
        { "app_hw51.zip", 10240, 0x9e56d72d, 2, 51, 256 },
        { "app_sdreq.zip", 10240, 0x9e56d72d, 2, 52, 291 },
        { "app_v0.zip", 10240, 0x9e56d72d, 0, 52, 256 },
        { "app_v1.zip", 10240, 0x9e56d72d, 1, 52, 256 },
    };

    [Theory, MemberData(nameof(Applications))]
    public void Reads_an_application_and_its_signature(string file, int bytes, uint crc, uint fwVersion, uint hwVersion, uint sdReq)
    {
        var package = PackageReader.Read(Samples.PathOf(file), Samples.PublicKey);

        var image = Assert.Single(package.Images);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Samples.Bytes(file))), package.Id);
        Assert.Equal(ImageType.Application, image.Type);
        Assert.Equal((bytes, crc), (image.Firmware.Length, image.Crc));
        Assert.Equal((fwVersion, hwVersion), (image.FwVersion, image.HwVersion));
        Assert.Equal([sdReq], image.SdReq);
        Assert.Equal((0u, 0u, (uint)bytes), (image.SoftDeviceSize, image.BootloaderSize, image.ApplicationSize));
        Assert.Equal(SHA256.HashData(image.Firmware.Span), image.Sha256.ToArray());
        Assert.True(image is { HashMatches: true, SignatureValid: true, Signature: SignatureKind.EcdsaP256Sha256, IsDebug: false });
        Assert.Equal(bytes, package.TotalBytes);
    }

    [Theory]
    [InlineData("bl.zip", 2)]
    [InlineData("bl_v1.zip", 1)]
    public void Reads_a_bootloader(string file, uint fwVersion)
    {
        var image = Assert.Single(PackageReader.Read(Samples.PathOf(file), Samples.PublicKey).Images);

        Assert.Equal((ImageType.Bootloader, 22528, 0x627d9b04u, fwVersion), (image.Type, image.Firmware.Length, image.Crc, image.FwVersion));
        Assert.Equal((0u, 22528u, 0u), (image.SoftDeviceSize, image.BootloaderSize, image.ApplicationSize));
        Assert.True(image.SignatureValid);
    }

    [Fact]
    public void Reads_a_SoftDevice_which_has_no_version()
    {
        var image = Assert.Single(PackageReader.Read(Samples.PathOf("sdonly.zip"), Samples.PublicKey).Images);

        Assert.Equal((ImageType.SoftDevice, 155392, 0x4f4c18cau, uint.MaxValue), (image.Type, image.Firmware.Length, image.Crc, image.FwVersion));
        Assert.Equal((155392u, 0u, 0u), (image.SoftDeviceSize, image.BootloaderSize, image.ApplicationSize));
        Assert.True(image.SignatureValid);
    }

    [Fact]
    public void Reads_a_SoftDevice_joined_with_a_bootloader()
    {
        var image = Assert.Single(PackageReader.Read(Samples.PathOf("sdbl.zip"), Samples.PublicKey).Images);

        Assert.Equal((ImageType.SoftDeviceBootloader, 177920, 0x4c8371fcu, 2u), (image.Type, image.Firmware.Length, image.Crc, image.FwVersion));
        Assert.Equal((155392u, 22528u, 0u), (image.SoftDeviceSize, image.BootloaderSize, image.ApplicationSize));
        Assert.True(image.SignatureValid);
    }

    [Fact]
    public void Puts_the_SoftDevice_and_bootloader_before_the_application()
    {
        var package = PackageReader.Read(Samples.PathOf("sdblapp.zip"), Samples.PublicKey);

        Assert.Equal([ImageType.SoftDeviceBootloader, ImageType.Application], package.Images.Select(image => image.Type));
        Assert.Equal([256u, 257u], package.Images[0].SdReq);
        Assert.Equal([257u], package.Images[1].SdReq);
        Assert.All(package.Images, image => Assert.True(image is { HashMatches: true, SignatureValid: true }));
        Assert.Equal(177920 + 10240, package.TotalBytes);
    }

    [Fact]
    public void Leaves_signatures_unchecked_without_a_public_key()
    {
        Assert.Null(PackageReader.Read(Samples.PathOf("app10k.zip"), null).Images[0].SignatureValid);
        Assert.Null(PackageReader.Read(Samples.PathOf("app_badkey.zip"), null).Images[0].SignatureValid);
        var unsigned = PackageReader.Read(Samples.PathOf("app_unsigned.zip"), null).Images[0];
        Assert.Equal((SignatureKind.None, null), (unsigned.Signature, unsigned.SignatureValid));
    }

    [Theory]
    [InlineData("app_badkey.zip", DfuError.SignatureInvalid)]
    [InlineData("app_unsigned.zip", DfuError.SignatureMissing)]
    public void Refuses_what_the_key_did_not_sign_and_still_has_its_facts(string file, DfuError expected)
    {
        var refused = Assert.Throws<DfuException>(() => PackageReader.Read(Samples.PathOf(file), Samples.PublicKey));
        var inspection = PackageReader.Inspect(Samples.PathOf(file), Samples.PublicKey);

        Assert.Equal(expected, refused.Error);
        Assert.Contains("app10k.dat", refused.Message, StringComparison.Ordinal);
        Assert.Equal([expected], inspection.Problems.Select(problem => problem.Error));
        Assert.False(inspection.Package!.Images[0].SignatureValid);
        Assert.True(inspection.Package.Images[0].HashMatches);
    }

    [Fact]
    public void Shows_the_facts_of_a_package_that_breaks_its_own_hash()
    {
        var zip = new RawZip(Samples.Bytes("app10k.zip"));
        zip["app10k.bin"][5000] ^= 1;

        var inspection = PackageReader.Inspect(zip.ToBytes(), Samples.PublicKey);

        Assert.Equal([DfuError.HashMismatch], inspection.Problems.Select(problem => problem.Error));
        var image = inspection.Package!.Images[0];
        Assert.True(image is { HashMatches: false, SignatureValid: true });
        Assert.Equal(Crc32.HashToUInt32(zip["app10k.bin"]), image.Crc);
        Assert.Equal(DfuError.HashMismatch, Assert.Throws<DfuException>(() => PackageReader.Read(zip.ToBytes(), null)).Error);
    }

    [Fact]
    public void Lists_every_problem_of_an_exchanged_image()
    {
        var zip = new RawZip(Samples.Bytes("app10k.zip")) { ["app10k.bin"] = new byte[9000] };
        zip.Replace("manifest.json", "application", "bootloader");

        var problems = PackageReader.Inspect(zip.ToBytes(), null).Problems;

        Assert.Equal([DfuError.InitPacketTypeMismatch, DfuError.SizeMismatch, DfuError.HashMismatch], problems.Select(problem => problem.Error));
        Assert.All(problems, problem => Assert.DoesNotContain('\n', problem.Text));
    }

    [Fact]
    public void Refuses_sizes_in_the_manifest_that_the_init_packet_denies()
    {
        var zip = new RawZip(Samples.Bytes("sdbl.zip"));
        zip.Replace("manifest.json", "\"bl_size\": 22528", "\"bl_size\": 22532");

        Assert.Equal(DfuError.SizeMismatch, Assert.Throws<DfuException>(() => PackageReader.Read(zip.ToBytes(), null)).Error);
    }

    [Fact]
    public void Says_that_a_file_is_not_there()
    {
        Assert.Equal(DfuError.PackageNotFound, Assert.Throws<DfuException>(() => PackageReader.Read(Samples.PathOf("none.zip"), null)).Error);
        Assert.Equal(DfuError.PackageNotFound, Assert.Throws<DfuException>(() => PackageReader.Read(AppContext.BaseDirectory, null)).Error);
        Assert.Equal(DfuError.PackageNotFound, Assert.Throws<DfuException>(() => PackageReader.Read("", null)).Error);
    }

    [Fact]
    public void Checks_against_P256_keys_only()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Equal(DfuError.KeyInvalid, Assert.Throws<DfuException>(() => PackageReader.Read(Samples.PathOf("app10k.zip"), other)).Error);
    }

    [Fact]
    public void Reads_deflated_entries_and_ignores_what_the_manifest_does_not_name()
    {
        var zip = new RawZip(Samples.Bytes("app10k.zip")) { ["docs/"] = [], ["docs/readme.txt"] = "hello"u8.ToArray() };

        var package = PackageReader.Read(zip.ToBytes(deflate: true), Samples.PublicKey);

        Assert.Equal(0x9e56d72du, package.Images[0].Crc);
    }
}
