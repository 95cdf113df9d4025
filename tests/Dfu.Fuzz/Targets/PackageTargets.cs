using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Doubts;

namespace Dfu.Fuzz.Targets;

/// <summary>Packages that the other targets begin with, and what holds of every one that is read.</summary>
internal static class Packages
{
    /// <summary>The same in every run.</summary>
    public static readonly ECDsa Key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = SHA256.HashData("fuzz"u8) });

    public static byte[] Application(int size = 300) => PackageWriter.Create(
        new()
        {
            Application = new("app", Firmware(size)),
            ApplicationVersion = 3,
            HwVersion = 52,
            SdReq = [0x100, 0xA8],
        },
        privateKey: null);

    /// <summary>Looks like code: a vector table, then bytes of all kinds.</summary>
    public static byte[] Firmware(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++) bytes[i] = (byte)((i * 7) ^ (i >> 4));
        BitConverter.TryWriteBytes(bytes, 0x2000_4000u);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), 0x2_6101u);
        return bytes;
    }

    public static void Check(ReadOnlyMemory<byte> zip)
    {
        var inspection = PackageReader.Inspect(zip, zip.Length % 2 == 0 ? Key : null);
        foreach (var problem in inspection.Problems) Flaw.UnlessOneLine($"{problem.Text} - {problem.Remedy}");
        Flaw.If(inspection.Package is null && inspection.Problems.Count != 1, "a package without facts has one problem");
        if (inspection.Package is not { } package) return;
        Flaw.If(package.Images.Count is < 1 or > 2, $"{package.Images.Count} images");
        foreach (var image in package.Images)
        {
            Flaw.If(!InitPacket.TryParse(image.InitPacket.Span, out _, out _), "the init packet was read once and cannot be read again");
            Flaw.If(image.Firmware.Length > PackageLimits.ImageBytes, "an image is larger than any may be");
        }

        foreach (var doubt in PackageDoubts.Of(package)) Flaw.UnlessOneLine($"{doubt.Text} - {doubt.Remedy}");
    }
}

/// <summary>Packages as they are: zip files.</summary>
internal sealed class PackageTarget : IFuzzTarget
{
    public string Name => "package";

    public IEnumerable<byte[]> Seeds => [Packages.Application()];

    public IReadOnlyList<byte[]> Words { get; } =
        ["PK\x03\x04"u8.ToArray(), "PK\x01\x02"u8.ToArray(), "PK\x05\x06"u8.ToArray(), "manifest.json"u8.ToArray(), "app.dat"u8.ToArray(), "../"u8.ToArray()];

    public void Run(byte[] input) => Packages.Check(input);
}

/// <summary>
/// What is in a package: names and contents of entries are the input, and a sound zip is made of them, for behind checksums that mutation hardly ever gets
/// right nothing else would be reached.
/// </summary>
internal sealed class ContentsTarget : IFuzzTarget
{
    private static readonly string[] Names =
        ["manifest.json", "app.bin", "app.dat", "sd_bl.bin", "sd_bl.dat", "dfu_suit.bin", "softdevice.bin", "a/manifest.json"];

    public string Name => "contents";

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            using var zip = new ZipArchive(new MemoryStream(Packages.Application(64)));
            yield return [.. Names[..3].SelectMany((name, index) => Entry(index, Content(zip, name)))];
        }
    }

    public IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[]
        {
            "\"manifest\":{", "\"application\":{", "\"softdevice\":{", "\"bootloader\":{", "\"softdevice_bootloader\":{", "\"external_application\":{",
            "\"bin_file\":\"app.bin\"", "\"dat_file\":\"app.dat\"", "\"info_read_only_metadata\":{\"bl_size\":1,\"sd_size\":2}", "\"dfu_version\":0.5",
            "\"init_packet_data\":{}", "null", "}", ",", "\\u0000", "\x12\x20", "\x08\x01\x12",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public void Run(byte[] input)
    {
        var feed = new Feed(input);
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var i = 0; i < 6 && !feed.IsEmpty; i++)
            {
                var code = feed.Byte();
                var name = (code & 0x7F) < Names.Length ? Names[code & 0x7F] : $"file{code & 0x7F}";
                using var entry = zip.CreateEntry(name, (code & 0x80) != 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression).Open();
                entry.Write(feed.LongBlock());
            }
        }

        Packages.Check(buffer.ToArray());
    }

    private static byte[] Entry(int name, byte[] content) => [(byte)name, (byte)content.Length, (byte)(content.Length >> 8), .. content];

    private static byte[] Content(ZipArchive zip, string name)
    {
        using var copy = new MemoryStream();
        using var entry = zip.GetEntry(name)!.Open();
        entry.CopyTo(copy);
        return copy.ToArray();
    }
}
