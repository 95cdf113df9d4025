using System.Buffers.Binary;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Doubts;
using Dfu.Protocol.Packages.Settings;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>Images that cannot be right are told before they cost a fleet its firmware; right ones get no line.</summary>
public sealed class DoubtsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-doubts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("app_settings.hex", ImageType.Application, "the bootloader settings page")]
    [InlineData("sd_bl_merged.hex", ImageType.SoftDevice, "at 0xf8000 a bootloader")]
    [InlineData("app.hex", ImageType.SoftDevice, "no SoftDevice")]
    [InlineData("app.hex", ImageType.Bootloader, "where applications begin")]
    public void Files_as_people_gave_them_are_grave(string file, ImageType part, string what) =>
        Assert.Contains(what, Grave(Cases.Load(file, part), part), StringComparison.Ordinal);

    [Theory]
    [InlineData("app_xip.hex", "5000 bytes of the application at 0x12000000 to 0x12001387 are left out, they are external flash")]
    [InlineData("app_ram.hex", "64 bytes of the application at 0x20002180 to 0x200021bf are left out, they are RAM")]
    public void What_is_left_out_is_told(string file, string what)
    {
        var doubts = Of(Cases.Load(file, ImageType.Application), ImageType.Application);

        Assert.StartsWith(what, Assert.Single(doubts, doubt => doubt.Level == DoubtLevel.Note).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Right_firmware_of_every_part_raises_no_doubt()
    {
        Assert.Empty(Of(Hex(0x26000, Cases.Program(0x26000, 20_000)), ImageType.Application));
        Assert.Empty(Of(Bin(Cases.Program(0x26000, 20_000)), ImageType.Application));
        Assert.Empty(Of(Hex(0x1000, Cases.SoftDevice(0x0100)), ImageType.SoftDevice));
        Assert.Empty(Of(Bin(Cases.SoftDevice(0x0100, 0x21500, end: 0x23000)), ImageType.SoftDevice));
        Assert.Empty(Of(Bin(Cases.Program(0x78000, 20_000)), ImageType.Bootloader));

        var bootloader = Of(Hex(0xF8000, Cases.Program(0xF8000, 0x6000), Uicr(0xF8000)), ImageType.Bootloader);
        Assert.Equal([DoubtLevel.Note], bootloader.Select(doubt => doubt.Level)); // the UICR is left out
    }

    [Theory]
    [InlineData(32 << 10, false)]
    [InlineData((32 << 10) + 4, true)]
    public void A_gap_of_eight_pages_is_the_largest_that_a_linker_may_leave(int gap, bool isGrave)
    {
        var program = Cases.Program(0x26000, 8000);
        var file = Hex(0x26000, program, HexText.Of(0x26000 + 8000 + (uint)gap, [1, 2, 3, 4]));

        Assert.Equal(isGrave, Of(file, ImageType.Application).Any(doubt => doubt.Level == DoubtLevel.Grave));
    }

    [Fact]
    public void A_large_gap_in_a_larger_program_may_be_meant_and_is_a_warning()
    {
        var table = Hex(0x26000, Cases.Program(0x26000, 100_000), HexText.Of(0x50000, [1, 2, 3, 4]));
        var buffer = Bin([.. Cases.Program(0x26000, 100_000), .. new byte[40_000], 1]);

        Assert.Contains("4 bytes more", Assert.Single(Of(table, ImageType.Application)).Text, StringComparison.Ordinal);
        Assert.Contains("40000 bytes of 0x00", Assert.Single(Of(buffer, ImageType.Application)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Of(buffer, ImageType.Application), doubt => doubt.Level == DoubtLevel.Grave);
        var withAnother = Bin([.. buffer.Bytes.ToArray()[..140_000], .. Cases.Program(0x78000, 5000)]);
        Assert.Contains("another program", Grave(withAnother, ImageType.Application), StringComparison.Ordinal);
    }

    [Fact]
    public void A_settings_page_is_known_by_its_CRC_wherever_it_lies()
    {
        var page = new SettingsPage { Version = 2 }.ToBytes();

        Assert.Contains("is a bootloader settings page", Grave(Bin(page), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("is a bootloader settings page", Grave(Hex(0x6A000, page), ImageType.Bootloader), StringComparison.Ordinal);
        var merged = Hex(0x26000, Cases.Program(0x26000, 8000), HexText.Of(0x29000, page));
        Assert.Contains("at 0x29000 a bootloader settings page", Grave(merged, ImageType.Application), StringComparison.Ordinal);
        var padded = Bin([.. Cases.Program(0x26000, 100_000), .. Enumerable.Repeat((byte)0xFF, 40_000), .. page]);
        Assert.Contains("and then a bootloader settings page", Grave(padded, ImageType.Application), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x28000u)] // nRF52810 and its like
    [InlineData(0x38000u)] // nRF52820
    [InlineData(0x3AC00u)] // nRF51
    public void A_bootloader_of_a_small_chip_is_taken_also_without_its_UICR_record(uint start)
    {
        Assert.Equal([DoubtLevel.Note], Of(Hex(start, Cases.Program(start, 0x4000), Uicr(start)), ImageType.Bootloader).Select(doubt => doubt.Level));
        Assert.Equal([DoubtLevel.Warning], Of(Hex(start, Cases.Program(start, 0x4000)), ImageType.Bootloader).Select(doubt => doubt.Level));
    }

    [Fact]
    public void A_UICR_record_settles_that_a_program_is_the_bootloader() =>
        Assert.Equal([DoubtLevel.Note], Of(Hex(0x1AC00, Cases.Program(0x1AC00, 0x4000), Uicr(0x1AC00)), ImageType.Bootloader).Select(doubt => doubt.Level));

    [Fact]
    public void Id_0_counts_by_its_place_in_the_package_and_not_on_the_command_line()
    {
        Assert.DoesNotContain(PackageDoubts.Of(Contents([0x0123, 0]), isSigned: true), doubt => doubt.Text.Contains("first id", StringComparison.Ordinal));
        Assert.Contains(PackageDoubts.Of(Contents([0x0100, 0]), isSigned: true), doubt => doubt.Text.Contains("first id", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0x2F000u, "bootloader settings page")] // 192 KiB: nRF52810 and its like
    [InlineData(0x2E000u, "parameter page")]
    [InlineData(0x7F000u, "bootloader settings page")]
    [InlineData(0x7E000u, "parameter page")]
    [InlineData(0xFE000u, "parameter page")]
    public void A_page_of_the_bootloader_is_none_of_the_application(uint page, string what)
    {
        var program = Cases.Program(0x26000, (int)Math.Min(page - 0x26000 - 0x1000, 100_000)); // the gap may be small

        Assert.Contains(what, Grave(Hex(0x26000, program, HexText.Of(page, new byte[92])), ImageType.Application), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xFF000u)]
    [InlineData(0x2F000u)]
    [InlineData(0x3FC00u)] // nRF51
    public void A_settings_page_alone_is_neither_application_nor_bootloader(uint page)
    {
        var file = Hex(page, [.. Cases.Program(page, 92)]);

        Assert.StartsWith("the application is the bootloader settings page", Grave(file, ImageType.Application), StringComparison.Ordinal);
        Assert.StartsWith("the bootloader is the bootloader settings page", Grave(file, ImageType.Bootloader), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_program_behind_a_small_gap_is_none_of_the_application()
    {
        var file = Hex(0x26000, Cases.Program(0x26000, 0x1800), HexText.Of(0x28000, Cases.Program(0x28000, 0x1000)));

        Assert.Contains("another program", Grave(file, ImageType.Application), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xFF)]
    public void A_BIN_of_merged_files_is_told_by_its_padding(byte padding)
    {
        byte[] merged = [.. Cases.Program(0x26000, 9000), .. Enumerable.Repeat(padding, 850_000), 1, 2, 3, 4];

        Assert.Contains($"850000 bytes of 0x{padding:X2}", Grave(Bin(merged), ImageType.Application), StringComparison.Ordinal);
    }

    [Fact]
    public void A_SoftDevice_given_as_something_else_is_named()
    {
        Assert.Contains("0x0100 (S140 7.2.0)", Grave(Hex(0x1000, Cases.SoftDevice(0x0100)), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("0x00CB (S132 7.0.1)", Grave(Bin(Cases.SoftDevice(0x00CB)), ImageType.Bootloader), StringComparison.Ordinal);
        byte[] withMbr = [.. new byte[0x1000], .. Cases.SoftDevice(0x0087)];
        Assert.Contains("0x0087 (S130 2.0.1)", Grave(Bin(withMbr), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("master boot record", Grave(Bin(withMbr), ImageType.SoftDevice), StringComparison.Ordinal);
    }

    [Fact]
    public void A_SoftDevice_is_as_long_as_it_says()
    {
        byte[] withApplication = [.. Cases.SoftDevice(0x0100), .. Cases.Program(0x5000, 0x800)];
        Assert.Contains("goes on to", Grave(Hex(0x1000, withApplication), ImageType.SoftDevice), StringComparison.Ordinal);
        Assert.Contains("the file ends at", Grave(Bin(Cases.SoftDevice(0x0100, end: 0x26000)), ImageType.SoftDevice), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bootloader_given_as_application_is_told_by_address_entry_point_or_UICR()
    {
        Assert.Contains("0x78000", Grave(Hex(0x78000, Cases.Program(0x78000, 0x4000)), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("0xf4000 or above", Grave(Bin(Cases.Program(0xF8000, 0x4000)), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("UICR", Grave(Hex(0x28000, Cases.Program(0x28000, 0x4000), Uicr(0x28000)), ImageType.Application), StringComparison.Ordinal);
    }

    [Fact]
    public void An_application_given_as_bootloader_is_told()
    {
        Assert.Contains("0x27000", Grave(Hex(0x27000, Cases.Program(0x27000, 0x4000)), ImageType.Bootloader), StringComparison.Ordinal);
        Assert.Contains("where applications begin", Grave(Bin(Cases.Program(0x19000, 0x4000)), ImageType.Bootloader), StringComparison.Ordinal);
        Assert.Equal(DoubtLevel.Warning, Assert.Single(Of(Bin(Cases.Program(0x26000, 0x4000)), ImageType.Bootloader)).Level); // or of a small chip
    }

    [Fact]
    public void A_bootloader_keeps_off_its_settings_and_says_where_it_begins()
    {
        var reaching = Hex(0xF8000, Cases.Program(0xF8000, 0x8000), Uicr(0xF8000));
        Assert.Contains("settings", Grave(reaching, ImageType.Bootloader), StringComparison.Ordinal);
        var withSettings = Hex(0x78000, Cases.Program(0x78000, 0x5000), HexText.Of(0x7F000, new byte[92]));
        Assert.Contains("settings page", Grave(withSettings, ImageType.Bootloader), StringComparison.Ordinal);
        var elsewhere = Hex(0x70000, Cases.Program(0x70000, 0x5000), Uicr(0x78000));
        Assert.Contains("UICR record says 0x78000", Grave(elsewhere, ImageType.Bootloader), StringComparison.Ordinal);
    }

    [Fact]
    public void Firmware_for_another_chip_or_larger_than_any_or_blank_is_grave()
    {
        Assert.Contains("0x8000000", Grave(Hex(0x0800_0000, Cases.Program(0x0800_0000, 5000)), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("1200000 bytes", Grave(Bin(Cases.Program(0x26000, 1_200_000)), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("nothing but 0xFF", Grave(Bin(Enumerable.Repeat((byte)0xFF, 4096).ToArray()), ImageType.Application), StringComparison.Ordinal);
        Assert.Contains("nothing but 0x00", Grave(Bin(new byte[6000]), ImageType.Bootloader), StringComparison.Ordinal);
    }

    [Fact]
    public void A_vector_table_that_makes_no_sense_is_a_warning()
    {
        var table = Cases.Program(0x26000, 4000);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), 0x26100); // even: no Thumb code

        Assert.Equal(DoubtLevel.Warning, Assert.Single(Of(Bin(table), ImageType.Application)).Level);
        Assert.Equal(DoubtLevel.Warning, Assert.Single(Of(Hex(0x26000, Cases.Program(0x40000, 4000)), ImageType.Application)).Level);
    }

    [Theory]
    [InlineData(new uint[] { 0x00CB }, true)]
    [InlineData(new uint[] { 0x0100 }, false)]
    [InlineData(new uint[] { 0x00CB, 0x0100, 0x0123 }, false)]
    [InlineData(new uint[0], false)]
    public void An_id_that_contradicts_the_SoftDevice_is_grave(uint[] ids, bool isGrave)
    {
        var contents = Contents([0x00CA]) with { SoftDevice = Cases.Load("sd_fwid_0100.hex", ImageType.SoftDevice), SoftDeviceIds = ids };

        var grave = PackageDoubts.Of(contents, isSigned: true).Where(doubt => doubt.Level == DoubtLevel.Grave).ToList();

        Assert.Equal(isGrave, grave.Count > 0);
        Assert.All(grave, doubt => Assert.Equal("Say --sd-id 0x0100.", doubt.Remedy));
    }

    [Theory]
    [InlineData(new uint[] { 0x0100, 0xFFFE }, "external applications only")]
    [InlineData(new uint[] { 0 }, "may overwrite its SoftDevice")]
    [InlineData(new uint[] { 0x0100, 0 }, "as the first id only")]
    [InlineData(new uint[] { 0x0087 }, "is for nRF51")]
    public void What_a_requirement_does_is_said(uint[] sdReq, string what) =>
        Assert.Contains(what, Assert.Single(PackageDoubts.Of(Contents(sdReq), isSigned: false)).Text, StringComparison.Ordinal);

    [Fact]
    public void Only_SoftDevices_and_bootloaders_must_be_signed()
    {
        Assert.Empty(PackageDoubts.Of(Contents([0x0100]), isSigned: false));
        var bootloader = new FirmwareFile("bl", Cases.Program(0x78000, 4096));
        var contents = Contents([0x0100]) with { Application = null, Bootloader = bootloader, BootloaderVersion = 9 };
        Assert.Contains("not signed", Assert.Single(PackageDoubts.Of(contents, isSigned: false)).Text, StringComparison.Ordinal);
        Assert.Empty(PackageDoubts.Of(contents, isSigned: true));
    }

    [Fact]
    public void Packages_of_Nordics_bootloader_tests_raise_no_doubt() => Assert.All(
        Directory.GetFiles(Path.GetDirectoryName(Samples.PathOf("x"))!, "*.zip"),
        file => Assert.Empty(PackageDoubts.Of(PackageReader.Read(file, null))));

    [Fact]
    public void A_package_that_was_made_wrong_is_told_as_its_files_would_be()
    {
        var contents = Contents([0x0100]) with
        {
            Application = Cases.Load("app_settings.hex", ImageType.Application),
            Bootloader = new("bl", new byte[4096]),
            BootloaderVersion = 1,
            SoftDevice = new("sd", Cases.SoftDevice(0x0100)),
            SoftDeviceIds = [0x00CB],
        };

        var doubts = PackageDoubts.Of(PackageReader.Read(PackageWriter.Create(contents, null), null)).Select(doubt => doubt.Text).ToList();

        Assert.Equal(4, doubts.Count);
        Assert.Contains(doubts, text => text.StartsWith("the bootloader holds nothing but 0x00", StringComparison.Ordinal));
        Assert.Contains(doubts, text => text.StartsWith("SoftDevice and bootloader are not signed", StringComparison.Ordinal));
        Assert.Contains(doubts, text => text.StartsWith("the application has 879831 bytes of 0xFF", StringComparison.Ordinal));
        Assert.Contains(doubts, text => text.Contains("0x0100 (S140 7.2.0), and the application requires 0x00CB", StringComparison.Ordinal));
    }

    private static PackageContents Contents(IReadOnlyList<uint> sdReq) => new()
    {
        Application = new FirmwareFile("app", Cases.Program(0x26000, 5000)),
        ApplicationVersion = 1,
        HwVersion = 52,
        SdReq = sdReq,
    };

    private static List<Doubt> Of(FirmwareFile file, ImageType part) => [.. ImageDoubts.Of(file, part), .. ImageDoubts.Notes(file, part)];

    private static string Grave(FirmwareFile file, ImageType part) => Of(file, part).First(doubt => doubt.Level == DoubtLevel.Grave).Text;

    private static FirmwareFile Bin(byte[] bytes) => new("image", bytes);

    private FirmwareFile Hex(uint start, byte[] bytes, string more = "")
    {
        var path = Path.Combine(_folder, "image.hex");
        File.WriteAllBytes(path, HexText.Bytes(HexText.Of(start, bytes), more, HexText.End));
        return FirmwareFile.Load(path, ImageType.SoftDevice); // as a SoftDevice it may begin anywhere
    }

    private static string Uicr(uint bootloader)
    {
        var word = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(word, bootloader);
        return HexText.Of(0x1000_1014, word);
    }
}
