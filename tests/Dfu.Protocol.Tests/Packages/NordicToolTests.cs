using System.Security.Cryptography;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Settings;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>The same input makes the same bytes as with Nordic's tool (Data/nordic/README.md).</summary>
public sealed class NordicToolTests
{
    private static readonly ECDsa Key = DfuKeys.ReadPrivate(PathOf("key.pem"));

    private static readonly PackageContents Application = new()
    {
        Application = FirmwareFile.Load(PathOf("app.hex"), ImageType.Application),
        ApplicationVersion = 10203,
        HwVersion = 52,
        SdReq = [0x100],
    };

    private static readonly PackageContents Bootloader = Application with
    {
        Application = null,
        ApplicationVersion = null,
        Bootloader = FirmwareFile.Load(PathOf("bl.hex"), ImageType.Bootloader),
        BootloaderVersion = 3,
    };

    private static readonly PackageContents SoftDevice = Application with
    {
        Application = null,
        ApplicationVersion = null,
        SoftDevice = FirmwareFile.Load(PathOf("sd.hex"), ImageType.SoftDevice),
    };

    private static readonly PackageContents Both = Bootloader with { SoftDevice = SoftDevice.SoftDevice };

    private static readonly Dictionary<string, PackageContents> Packages = new()
    {
        ["app"] = Application,
        ["app_crc"] = Application with { ApplicationBootValidation = BootValidationKind.Crc },
        ["app_none"] = Application with { ApplicationBootValidation = BootValidationKind.None },
        ["app_sha"] = Application with { ApplicationBootValidation = BootValidationKind.Sha256 },
        ["app_bin"] = Application with
        {
            Application = FirmwareFile.Load(PathOf("app.bin"), ImageType.Application),
            ApplicationVersion = uint.MaxValue,
            HwVersion = uint.MaxValue,
            SdReq = [0xFFFE],
        },
        ["app_two_ids"] = Application with { ApplicationVersion = 0, HwVersion = 0, SdReq = [0x100, 0xCA, 0x100] },
        ["app_ids"] = Application with { ApplicationVersion = 1, SdReq = [0xB7, 0xCB, 0x100, 0x123, 0xAF, 0xC2] },
        ["app_debug"] = Application with { ApplicationVersion = 7, IsDebug = true },
        ["bl"] = Bootloader,
        ["sd"] = SoftDevice,
        ["sd_none"] = SoftDevice with { SoftDeviceBootValidation = BootValidationKind.None },
        ["sd_bl"] = Both,
        ["sd_bl_sha"] = Both with { SoftDeviceBootValidation = BootValidationKind.Sha256 },
        ["sd_app"] = Application with { SoftDevice = SoftDevice.SoftDevice, SdReq = [0xCA], SoftDeviceIds = [0x100] },
        ["sd_bl_app"] = Both with { Application = Application.Application, ApplicationVersion = 10203, SdReq = [0xCA], SoftDeviceIds = [0x100] },
    };

    private static readonly Dictionary<string, PackageContents> SignedPackages = new()
    {
        ["app_signed"] = Application,
        ["app_ecdsa"] = Application with { ApplicationBootValidation = BootValidationKind.EcdsaP256Sha256 },
        ["sd_ecdsa"] = SoftDevice with { SoftDeviceBootValidation = BootValidationKind.EcdsaP256Sha256 },
        ["sd_bl_ecdsa"] = Both with { SoftDeviceBootValidation = BootValidationKind.EcdsaP256Sha256 },
    };

    private static readonly SettingsContents Settings = new()
    {
        Version = 2,
        BootloaderVersion = 3,
        Application = Application.Application,
        ApplicationVersion = 4,
    };

    private static readonly SettingsContents WithSoftDevice = Settings with { SoftDevice = SoftDevice.SoftDevice };

    private static readonly Dictionary<string, (string Family, SettingsContents Contents, uint? Start, bool NoBackup)> Pages = new()
    {
        ["v1"] = ("NRF52", Settings with { Version = 1, ApplicationVersion = 10203 }, null, false),
        ["v1_empty_nobackup"] = ("NRF52810", new() { Version = 1, BootloaderVersion = 1 }, null, true),
        ["v1_nrf51"] = ("NRF51", Settings with { Version = 1, ApplicationVersion = 9, BootloaderVersion = 2 }, null, true),
        ["v1_sd"] = ("NRF52", WithSoftDevice with { Version = 1 }, null, false),
        ["v2"] = ("NRF52840", Settings with { ApplicationVersion = 10203 }, null, false),
        ["v2_qfab_sha"] = ("NRF52QFAB", Settings with { ApplicationBootValidation = BootValidationKind.Sha256 }, null, true),
        ["v2_sd"] = ("NRF52840", WithSoftDevice, null, false),
        ["v2_sd_sha_none"] = ("NRF52840", WithSoftDevice with
        {
            ApplicationBootValidation = BootValidationKind.None,
            SoftDeviceBootValidation = BootValidationKind.Sha256,
        }, null, false),
        ["v2_start"] = ("NRF52840", Settings, 0xFD000, false),
    };

    public static TheoryData<string> UnsignedCases => new(Packages.Keys);

    public static TheoryData<string> SignedCases => new(SignedPackages.Keys);

    public static TheoryData<string> PageCases => new(Pages.Keys);

    [Theory, MemberData(nameof(UnsignedCases))]
    public void A_package_has_the_same_init_packets_and_manifest(string name)
    {
        var (theirs, ours) = (new RawZip(File.ReadAllBytes(PathOf(name + ".zip"))), new RawZip(PackageWriter.Create(Packages[name], null)));
        Assert.NotEmpty(theirs.Entries);
        foreach (var entry in theirs.Entries) Assert.Equal(entry.Content, ours[entry.Name]);
    }

    [Theory, MemberData(nameof(SignedCases))]
    public void A_signed_package_differs_in_its_signatures_only(string name)
    {
        var (theirs, ours) = (new RawZip(File.ReadAllBytes(PathOf(name + ".zip"))), new RawZip(PackageWriter.Create(SignedPackages[name], Key)));
        Assert.Equal(theirs["manifest.json"], ours["manifest.json"]);
        var dat = theirs.Entries.Single(entry => entry.Name.EndsWith(".dat", StringComparison.Ordinal)).Name;
        Assert.Equal(WithoutSignatures(theirs[dat]), WithoutSignatures(ours[dat]));
        Assert.True(InitPacket.TryParse(theirs[dat], out var packet, out var problem), problem);
        Assert.True(packet.IsSignedBy(Key));
        var firmware = ours[dat.Replace(".dat", ".bin", StringComparison.Ordinal)];
        Assert.All(
            packet.BootValidations.Where(entry => entry.Kind == BootValidationKind.EcdsaP256Sha256),
            entry => Assert.True(entry.Fits(firmware.AsSpan(0, (int)(packet.SoftDeviceSize + packet.ApplicationSize)), Key)));
    }

    [Theory, MemberData(nameof(PageCases))]
    public void A_settings_page_is_the_same_file(string name)
    {
        var (family, contents, start, noBackup) = Pages[name];
        Assert.True(SettingsPlace.TryParse(family, out var place));
        var (address, backup) = place.Place(start, null, noBackup);
        Assert.Equal(File.ReadAllText(PathOf(name + ".hex")), SettingsFile.ToHex(contents.ToPage(null), address, backup));

        var found = SettingsFile.Read(PathOf(name + ".hex"), null);
        Assert.Equal((address, backup), (found.Address!.Value, found.Backup));
        Assert.True(found.Page is { CrcMatches: true, ValidationCrcMatches: true });
        Assert.Equal(contents.ApplicationVersion ?? 0, found.Page.ApplicationVersion);
    }

    [Fact]
    public void A_settings_page_with_signatures_differs_in_them_and_their_CRC_only()
    {
        var contents = WithSoftDevice with
        {
            ApplicationBootValidation = BootValidationKind.EcdsaP256Sha256,
            SoftDeviceBootValidation = BootValidationKind.EcdsaP256Sha256,
        };
        var (ours, theirs) = (contents.ToPage(Key), SettingsFile.Read(PathOf("v2_ecdsa.hex"), null).Page);
        Assert.True(Signatures.Verify(PackageWriter.Pad(contents.Application!.Bytes.Span), theirs.ApplicationValidation.Value.Span, Key));
        Assert.True(Signatures.Verify(PackageWriter.Pad(contents.SoftDevice!.Bytes.Span), theirs.SoftDeviceValidation.Value.Span, Key));
        Assert.True(Signatures.Verify(PackageWriter.Pad(contents.Application!.Bytes.Span), ours.ApplicationValidation.Value.Span, Key));
        Assert.Equal(
            (theirs with { ApplicationValidation = ours.ApplicationValidation, SoftDeviceValidation = ours.SoftDeviceValidation }).ToBytes(),
            ours.ToBytes());
    }

    private static byte[] WithoutSignatures(byte[] dat)
    {
        Assert.True(InitPacket.TryParse(dat, out var packet, out var problem), problem);
        var text = Convert.ToHexString(dat).Replace(Convert.ToHexString(packet.SignatureValue.Span), "", StringComparison.Ordinal);
        foreach (var entry in packet.BootValidations.Where(entry => entry.Signature.Length > 0))
            text = text.Replace(Convert.ToHexString(entry.Signature.Span), "", StringComparison.Ordinal);
        return Convert.FromHexString(text);
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Data", "nordic", file);
}
