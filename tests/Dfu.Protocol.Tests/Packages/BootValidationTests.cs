using System.Security.Cryptography;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Wire;
using Google.Protobuf;

namespace Dfu.Protocol.Tests.Packages;

public sealed class BootValidationTests : IDisposable
{
    private readonly ECDsa _key = DfuKeys.Generate();

    private readonly PackageContents _contents = new()
    {
        Application = new("app", new byte[] { 1, 2, 3, 4, 5 }),
        ApplicationVersion = 1,
        HwVersion = 52,
        SdReq = [0x100],
        ApplicationBootValidation = BootValidationKind.EcdsaP256Sha256,
    };

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_signature_is_over_the_padded_image()
    {
        var dat = new RawZip(PackageWriter.Create(_contents, _key))["app.dat"];
        Assert.True(InitPacket.TryParse(dat, out var packet, out var problem), problem);
        var entry = Assert.Single(packet.BootValidations);
        Assert.True(entry.Fits([1, 2, 3, 4, 5, 0xFF, 0xFF, 0xFF], _key));
        Assert.False(entry.Fits([1, 2, 3, 4, 5], _key));
    }

    [Fact]
    public void That_of_a_SoftDevice_with_bootloader_is_over_the_SoftDevice_alone()
    {
        var contents = _contents with
        {
            Application = null,
            ApplicationBootValidation = null,
            SoftDevice = new("sd", new byte[] { 1, 2, 3, 4 }),
            Bootloader = new("bl", new byte[] { 5, 6, 7, 8 }),
            BootloaderVersion = 1,
            SoftDeviceBootValidation = BootValidationKind.EcdsaP256Sha256,
        };
        var image = Assert.Single(PackageReader.Read(PackageWriter.Create(contents, _key), _key).Images);
        Assert.Equal([BootValidationKind.EcdsaP256Sha256, BootValidationKind.Crc], image.BootValidations);
        Assert.True(image.BootSignatureValid);
        Assert.True(InitPacket.TryParse(image.InitPacket.Span, out var packet, out _));
        Assert.True(packet.BootValidations[0].Fits([1, 2, 3, 4], _key));
    }

    [Fact]
    public void A_key_is_needed() =>
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => PackageWriter.Create(_contents, null)).Error);

    [Fact]
    public void With_all_ids_and_both_signatures_the_packet_fits_bootloaders_of_SDK_15_3_and_newer()
    {
        IReadOnlyList<uint> ids = [.. Enumerable.Range(0, 16).Select(id => 0xFF00u + (uint)id)];
        var zip = PackageWriter.Create(_contents with { SdReq = ids, HwVersion = uint.MaxValue }, _key);
        Assert.InRange(new RawZip(zip)["app.dat"].Length, 200, 512);
    }

    [Fact]
    public void One_that_does_not_fit_the_image_is_refused_though_the_packet_is_signed()
    {
        var zip = new RawZip(PackageWriter.Create(_contents, _key));
        var packet = Packet.Parser.ParseFrom(zip["app.dat"]);
        var init = packet.SignedCommand.Command.Init;
        init.BootValidation[0].Bytes = ByteString.CopyFrom(Signatures.Sign([9], _key));
        packet.SignedCommand.Signature = ByteString.CopyFrom(Signatures.Sign(init.ToByteArray(), _key));
        zip["app.dat"] = packet.ToByteArray();

        var inspection = PackageReader.Inspect(zip.ToBytes(), _key);

        Assert.True(inspection.Package!.Images[0].SignatureValid);
        Assert.False(inspection.Package.Images[0].BootSignatureValid);
        Assert.Equal(DfuError.SignatureInvalid, Assert.Single(inspection.Problems).Error);
        Assert.Empty(PackageReader.Inspect(zip.ToBytes(), null).Problems);
    }
}
