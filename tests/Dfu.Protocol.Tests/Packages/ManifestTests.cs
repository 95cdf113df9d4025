using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

public class ManifestTests
{
    private const string Files = "\"bin_file\":\"a.bin\",\"dat_file\":\"a.dat\"";

    [Theory]
    [InlineData("application")]
    [InlineData("softdevice")]
    [InlineData("bootloader")]
    [InlineData("softdevice_bootloader")]
    [InlineData("application,softdevice_bootloader")]
    [InlineData("application,softdevice")]
    [InlineData("application,bootloader")]
    public void Lists_every_form_in_the_order_a_device_must_receive_it(string types)
    {
        var names = types.Split(',');

        var images = Parse(string.Join(',', names.Select(name => $"\"{name}\":{{{Files}}}")));

        Assert.Equal(names.Reverse(), images.Select(image => image.Type.ManifestName()));
        Assert.All(images, image => Assert.Equal(("a.bin", "a.dat"), (image.BinFile, image.DatFile)));
    }

    [Theory]
    [InlineData("softdevice", "bootloader")]
    [InlineData("softdevice", "softdevice_bootloader")]
    [InlineData("bootloader", "softdevice_bootloader")]
    public void Refuses_two_images_for_one_place(string one, string other)
    {
        var refused = Assert.Throws<DfuException>(() => Parse($"\"{one}\":{{{Files}}},\"{other}\":{{{Files}}}"));

        Assert.Contains($"{one} and {other}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_part_sizes_and_passes_over_what_it_does_not_need()
    {
        var json = "\"dfu_version\":0.5,\"application\":null,"
            + $"\"softdevice_bootloader\":{{{Files},\"init_packet_data\":{{\"x\":[1]}},\"info_read_only_metadata\":{{\"sd_size\":4294967295,\"bl_size\":8}}}}";

        var image = Assert.Single(Parse(json));

        Assert.Equal((4294967295u, 8u), (image.SoftDeviceSize, image.BootloaderSize));
    }

    [Fact]
    public void Takes_a_byte_order_mark()
    {
        Assert.Single(Manifest.Parse(Encoding.UTF8.GetBytes($"\uFEFF{{\"manifest\":{{\"application\":{{{Files}}}}}}}")).Images);
    }

    private static IReadOnlyList<ManifestImage> Parse(string images) => Manifest.Parse(Encoding.UTF8.GetBytes($"{{\"manifest\":{{{images}}}}}")).Images;
}
