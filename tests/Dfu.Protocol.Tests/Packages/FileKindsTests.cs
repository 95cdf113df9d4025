using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using FsCheck;
using FsCheck.Xunit;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>A file that is something else says what it is and what to do, whatever it was given for.</summary>
public sealed class FileKindsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-kinds-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Content, what it is called, what it is and what helps when a package, and when firmware was wanted.</summary>
    public static TheoryData<byte[], string, string, string, string> Kinds => new()
    {
        { Case("tiny.elf"), "app.elf", "ELF", "objcopy", "objcopy" },
        { Case("app.hex"), "app.hex", "Intel HEX", "dfu package create", "" },
        { [0xEF, 0xBB, 0xBF, .. Case("app.hex")], "app.zip", "Intel HEX", "dfu package create", "" },
        { Case("app.uf2"), "app.uf2", "UF2", "dfu package create", "HEX or BIN" },
        { Case("app.s19"), "app.s19", "S-record", "objcopy -I srec", "objcopy -I srec" },
        { Case("mcuboot.bin"), "app_update.bin", "MCUboot", "SMP", "SMP" },
        { Case("html.zip"), "app.zip", "web page", "Download", "Download" },
        { "\n <HTML lang=\"en\"><title>Sign in</title>"u8.ToArray(), "app.bin", "web page", "Download", "Download" },
        { Case("lfs.zip"), "app.zip", "Git LFS", "git lfs pull", "git lfs pull" },
        { Case("legacy_crc16.zip"), "app.zip", "legacy DFU package", "SDK 12", "SDK 12" },
        { Case("mcuboot0.zip"), "dfu_application.zip", "nRF Connect SDK", "SMP", "SMP" },
        { Samples.Bytes("app9k.zip"), "app.zip", "Secure DFU package", "", "dfu flash" },
        { [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "app.zip", "gzip", "Unpack", "Unpack" },
        { [0x1E, 0xF1, 0xEE, 0x0B, 0, 1], "app.zigbee", "Zigbee", "over Zigbee", "over Zigbee" },
        { [0x1E, 0xF1, 0xEE, 0x1B, 0, 1], "app.ota", "Matter", "over Matter", "over Matter" },
        { [0xD8, 0x6B, 0xA2, 0x02, 0x58, 0x27], "root.suit", "SUIT", "SMP", "SMP" },
        { "/annex/objects/SHA256E-s9--4d.zip\n"u8.ToArray(), "app.zip", "git-annex", "git annex get", "git annex get" },
        { "<!-- saved -->\n<!doctype html>\n<title>Sign in</title>"u8.ToArray(), "app.zip", "web page", "Download", "Download" },
        { [0xFF, 0xFE, .. System.Text.Encoding.Unicode.GetBytes(":020000040001F9\n")], "app.hex", "UTF-16", "plain text", "plain text" },
        { [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0], "app.bin", "xz", "Unpack", "Unpack" },
        { [.. new byte[257], .. "ustar\0"u8], "app.tar", "tar archive", "Unpack", "Unpack" },
        { [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "app.7z", "7z", "Unpack", "Unpack" },
        { "%PDF-1.7 ..."u8.ToArray(), "app.pdf", "PDF", "dfu package create", "HEX or BIN" },
        { "-----BEGIN EC PRIVATE KEY-----\nMHcC"u8.ToArray(), "key.pem", "a key", "dfu package create", "HEX or BIN" },
        { "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@here"u8.ToArray(), "id.pub", "SSH", "dfu package create", "HEX or BIN" },
        { [0x30, 5, 0x02, 1, 1, 5, 0], "key.der", "DER", "dfu package create", "HEX or BIN" },
        { """{"manifest":{"application":{"bin_file":"a.bin","dat_file":"a.dat"}}}"""u8.ToArray(), "manifest.json", "manifest", "not unpacked", "not unpacked" },
        { new RawZip(Samples.Bytes("app9k.zip"))["app9k.dat"], "app.dat", "init packet", "not unpacked", ".bin" },
        { Cases.Program(0x26000, 9000), "app", "firmware in BIN form", "dfu package create", "" },
        { Cases.SoftDevice(0x0100), "s140", "SoftDevice in BIN form", "dfu package create", "" },
        { [5, 6, 7, 8, 9, 0], "app.bin", "firmware in BIN form", "dfu package create", "" },
        { "PK\x03\x04 cut"u8.ToArray(), "app.zip", "zip archive", "", "HEX or BIN" },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void Is_told_by_its_content_with_what_to_do(byte[] content, string name, string what, string insteadOfPackage, string insteadOfFirmware)
    {
        var kind = FileKinds.Recognise(content, name);

        Assert.NotNull(kind);
        Assert.Contains(what, kind.Name, StringComparison.Ordinal);
        Assert.Contains(insteadOfPackage, kind.RemedyFor(FileUse.Package), StringComparison.Ordinal);
        if (insteadOfFirmware.Length > 0) Assert.Contains(insteadOfFirmware, kind.RemedyFor(FileUse.Firmware), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Is_never_a_damaged_package(byte[] content, string name, string what, string insteadOfPackage, string insteadOfFirmware)
    {
        var problems = PackageReader.Inspect(Write(name, content), null).Problems;
        if (what == "zip archive") return; // it begins as a zip and is cut short: that is damage
        if (what == "Secure DFU package")
        {
            Assert.Empty(problems);
            return;
        }

        var problem = Assert.Single(problems);
        Assert.Equal(DfuError.NotADfuPackage, problem.Error);
        Assert.Contains(what, problem.Text, StringComparison.Ordinal);
        Assert.Contains(insteadOfPackage, problem.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("damaged", problem.Text, StringComparison.Ordinal);
        Assert.NotNull(insteadOfFirmware);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Is_no_firmware_unless_it_is_HEX_or_BIN(byte[] content, string name, string what, string insteadOfPackage, string insteadOfFirmware)
    {
        if (insteadOfFirmware.Length == 0)
        {
            Assert.NotEqual(0, FirmwareFile.Load(Write(name, content), ImageType.Application).Bytes.Length);
            return;
        }

        var refused = Assert.Throws<DfuException>(() => FirmwareFile.Load(Write(name, content), ImageType.SoftDevice));
        Assert.Equal(DfuError.FirmwareInvalid, refused.Error);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.Contains(insteadOfFirmware, refused.Remedy, StringComparison.Ordinal);
        Assert.NotNull(insteadOfPackage);
    }

    [Fact]
    public void A_package_within_a_zip_is_named()
    {
        var problem = Problem(Zip(("README.md", [1]), ("sources.zip", Zip(("main.c", [1]))), ("app_dfu_package.zip", Samples.Bytes("app9k.zip"))));

        Assert.Equal(DfuError.NotADfuPackage, problem.Error);
        Assert.Contains("'app_dfu_package.zip'", problem.Text, StringComparison.Ordinal);
        Assert.Equal("Unpack it, and give 'app_dfu_package.zip'.", problem.Remedy);
    }

    [Theory]
    [InlineData("legacy_crc16.zip", "legacy", "SDK 12")]
    [InlineData("mcuboot0.zip", "nRF Connect SDK", "SMP")]
    public void A_package_within_a_zip_that_is_no_secure_one_says_so_too(string inner, string what, string remedy)
    {
        var problem = Problem(Zip((inner, Case(inner))));

        Assert.Contains($"'{inner}'", problem.Text, StringComparison.Ordinal);
        Assert.Contains(what, problem.Text, StringComparison.Ordinal);
        Assert.Contains(remedy, problem.Remedy, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string> Archives => new()
    {
        { "two zips deep", Zip(("a.zip", Zip(("b.zip", Samples.Bytes("app9k.zip"))))), "'a.zip'" },
        { "an application's HEX", Zip(("build/app.hex", Case("app.hex"))), "firmware in it ('build/app.hex')" },
        { "source code", Zip([.. Enumerable.Range(0, 100).Select(i => ($"src/file{i:00}.c", new byte[] { 1 }))]), "without a manifest" },
        { "source code with a zip far behind", Zip([.. Enumerable.Range(0, 100).Select(i => ($"{i}.c", new byte[] { 1 })), ("dfu.zip", [1])]), "'dfu.zip'" },
        { "an application for Android", Zip(("classes.dex", [1]), ("AndroidManifest.xml", [1])), "Android" },
        { "legacy firmware without a manifest", Zip(("application.bin", [1, 2]), ("application.dat", Case14())), "legacy" },
        { "legacy parts side by side", Legacy(), "legacy" },
        { "a folder with a package for MCUboot", Zip(("dfu/manifest.json", """{"format-version":1,"files":[]}"""u8.ToArray())), "MCUboot" },
        { "an image for MCUboot without a manifest", Zip(("app_update.bin", Case("mcuboot.bin"))), "'app_update.bin', which is a firmware image for MCUboot" },
        { "ELF without a manifest", Zip(("out/app.elf", Case("tiny.elf"))), "'out/app.elf', which is an ELF file" },
        { "SUIT", Zip(("manifest.json", """{"format-version":1,"files":[]}"""u8.ToArray()), ("app.suit", [1])), "SUIT" },
    };

    [Theory, MemberData(nameof(Archives))]
    public void An_archive_for_another_purpose_is_told_by_what_is_in_it(string name, byte[] zip, string what)
    {
        var problem = Problem(zip);

        Assert.True(problem.Error == DfuError.NotADfuPackage, $"{name}: {problem}");
        Assert.Contains(what, problem.Text, StringComparison.Ordinal);
        Assert.NotNull(problem.Remedy);
    }

    [Fact]
    public void A_package_that_lost_its_manifest_or_lies_in_a_folder_is_told_how_to_be_given()
    {
        var zip = new RawZip(Samples.Bytes("app9k.zip"));
        zip.Entries.Remove(zip.Named("manifest.json"));
        Assert.Contains("lost its manifest", Problem(zip.ToBytes()).Text, StringComparison.Ordinal);

        zip = new RawZip(Samples.Bytes("app9k.zip"));
        foreach (var entry in zip.Entries) entry.Name = "app/" + entry.Name;
        var problem = Problem(zip.ToBytes());
        Assert.Contains("'app/manifest.json'", problem.Text, StringComparison.Ordinal);
        Assert.Contains("not the folder", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_is_read_with_what_macOS_adds_and_names_in_upper_case()
    {
        var zip = new RawZip(Samples.Bytes("app9k.zip"));
        zip.Named("manifest.json").Name = "Manifest.JSON";
        zip.Named("app9k.bin").Name = "APP9K.BIN";
        zip["__MACOSX/._manifest.json"] = [0, 5, 0x16, 7];

        Assert.Empty(PackageReader.Inspect(zip.ToBytes(), null).Problems);
    }

    [Fact]
    public void A_secure_package_with_members_of_legacy_manifests_is_read()
    {
        var zip = new RawZip(Samples.Bytes("app9k.zip"));
        zip.Replace("manifest.json", "{\n        \"application\": {", "{\"dfu_version\": 0.5, \"application\": {\"init_packet_data\": {}, ");

        Assert.Empty(PackageReader.Inspect(zip.ToBytes(), null).Problems);
    }

    [Fact]
    public void An_external_application_shows_its_facts_and_is_not_supported()
    {
        var inspection = PackageReader.Inspect(Cases.PathOf("ext_app.zip"), null);

        Assert.Equal(ImageType.ExternalApplication, Assert.Single(inspection.Package!.Images).Type);
        Assert.Equal(DfuError.ImageNotSupported, inspection.Problems[0].Error);
        Assert.Contains("external application", inspection.Problems[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_kind_that_no_bootloader_knows_is_passed_over_and_named()
    {
        var zip = new RawZip(Samples.Bytes("app9k.zip"));
        zip.Replace("manifest.json", "{\n        \"application\": {", "{\"display\": {\"bin_file\": \"d.bin\"}, \"vendor\": {\"x\": 1}, \"application\": {");

        var inspection = PackageReader.Inspect(zip.ToBytes(), null);

        Assert.Empty(inspection.Problems);
        Assert.Equal(["display"], inspection.Package!.PassedOver);
    }

    [Property]
    public bool Nothing_makes_it_throw(byte[] content, NonNull<string> path) =>
        FileKinds.Recognise(content, path.Get.Replace("\0", "", StringComparison.Ordinal)) is null or { Name.Length: > 0 };

    [Property]
    public bool Nothing_behind_a_zips_first_bytes_makes_it_throw(byte[] content) =>
        FileKinds.Recognise([.. "PK\x03\x04"u8, .. content, .. "PK\x05\x06"u8, .. content, .. new byte[30]], "") is not null;

    private static byte[] Case(string file) => File.ReadAllBytes(Cases.PathOf(file));

    private static byte[] Case14() => new RawZip(Case("legacy_crc16.zip"))["image.dat"];

    private static byte[] Legacy() => Zip(
        ("sd.bin", [1]), ("bl.bin", [2]), ("app.bin", [3]), ("sd.dat", Case14()), ("bl.dat", Case14()), ("app.dat", Case14()),
        ("manifest.json", Encoding.UTF8.GetBytes("""
            {"manifest": {"application": {"bin_file": "app.bin", "dat_file": "app.dat"}, "softdevice": {"bin_file": "sd.bin", "dat_file": "sd.dat"},
             "bootloader": {"bin_file": "bl.bin", "dat_file": "bl.dat"}}}
            """)));

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        var zip = new RawZip();
        foreach (var (name, content) in entries) zip[name] = content;
        return zip.ToBytes();
    }

    private static PackageProblem Problem(byte[] zip) => PackageReader.Inspect(zip, null).Problems[0];

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
