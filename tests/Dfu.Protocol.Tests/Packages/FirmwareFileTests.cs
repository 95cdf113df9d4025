using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

public sealed class FirmwareFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-firmware-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Takes_a_BIN_as_it_is()
    {
        var file = FirmwareFile.Load(Write("app.v2.bin", [0, 0, 4, 0x20]), ImageType.Application);

        Assert.Equal("app.v2", file.Name);
        Assert.Equal([0, 0, 4, 0x20], file.Bytes.ToArray());
    }

    [Theory]
    [InlineData("app.hex")]
    [InlineData("app.HEX")]
    [InlineData("app.bin")]
    [InlineData("app")]
    public void Knows_Intel_HEX_by_its_content(string name)
    {
        var file = FirmwareFile.Load(Write(name, HexText.Bytes(HexText.Of(0x26000, [1, 2, 3]), HexText.End)), ImageType.Application);

        Assert.Equal([1, 2, 3], file.Bytes.ToArray());
    }

    [Fact]
    public void Leaves_the_master_boot_record_out_of_a_SoftDevice()
    {
        var path = Write("s140.hex", HexText.Bytes(HexText.Of(0, new byte[0xB00]), HexText.Of(0x1000, [1, 2, 3, 4]), HexText.End));

        Assert.Equal([1, 2, 3, 4], FirmwareFile.Load(path, ImageType.SoftDevice).Bytes.ToArray());
    }

    [Theory]
    [InlineData(ImageType.Application)]
    [InlineData(ImageType.Bootloader)]
    public void Refuses_another_image_that_lies_where_the_master_boot_record_is(ImageType part)
    {
        var path = Write("merged.hex", HexText.Bytes(HexText.Of(0, new byte[0xB00]), HexText.Of(0x1000, [1, 2, 3, 4]), HexText.End));

        var refused = Assert.Throws<DfuException>(() => FirmwareFile.Load(path, part));

        Assert.Equal(DfuError.FirmwareInvalid, refused.Error);
        Assert.Contains("master boot record", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_is_wrong_with_a_file()
    {
        Assert.Contains("line 1", Refused(DfuError.FirmwareInvalid, Write("a.hex", "no hex"u8.ToArray())), StringComparison.Ordinal);
        Assert.Contains("ELF", Refused(DfuError.FirmwareInvalid, Write("a.elf", [0x7F, (byte)'E', (byte)'L', (byte)'F', 2])), StringComparison.Ordinal);
        Assert.Contains("zip", Refused(DfuError.FirmwareInvalid, Write("a.zip", "PK\x03\x04...."u8.ToArray())), StringComparison.Ordinal);
        Assert.Contains("none.bin", Refused(DfuError.PackageNotFound, Path.Combine(_folder, "none.bin")), StringComparison.Ordinal);
    }

    private static string Refused(DfuError error, string path)
    {
        var refused = Assert.Throws<DfuException>(() => FirmwareFile.Load(path, ImageType.Application));
        Assert.Equal(error, refused.Error);
        return refused.Message;
    }

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
