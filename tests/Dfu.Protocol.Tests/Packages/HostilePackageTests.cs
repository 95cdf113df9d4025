using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>Files made to break the reader. Each must end in one clear line, and none may cost more memory than a package of its true size could.</summary>
public class HostilePackageTests
{
    private const string App = """{"bin_file": "app10k.bin", "dat_file": "app10k.dat"}""";

    private static readonly Dictionary<string, (DfuError Error, Func<byte[]> Make)> Files = new()
    {
        ["empty file"] = (DfuError.PackageNotAZip, () => []),
        ["text"] = (DfuError.PackageNotAZip, () => "this is no zip"u8.ToArray()),
        ["end record alone"] = (DfuError.PackageManifestInvalid, () => new RawZip().ToBytes()),
        ["cut in the middle"] = (DfuError.PackageNotAZip, () => Samples.Bytes("app10k.zip")[..6000]),
        ["cut in the directory"] = (DfuError.PackageNotAZip, () => Samples.Bytes("app10k.zip")[..^40]),
        ["last byte missing"] = (DfuError.PackageNotAZip, () => Samples.Bytes("app10k.zip")[..^1]),
        ["first bytes missing"] = (DfuError.PackageNotAZip, () => Samples.Bytes("app10k.zip")[7..]),
        ["middle missing"] = (DfuError.PackageNotAZip, () => [.. Samples.Bytes("app10k.zip")[..3000], .. Samples.Bytes("app10k.zip")[4000..]]),
        ["garbage behind the end"] = (DfuError.PackageNotAZip, () => [.. Samples.Bytes("app10k.zip"), 1, 2, 3]),
        ["name with .."] = (DfuError.PackageEntryUnsafe, () => With(zip => zip["../../evil"] = [1])),
        ["name with .. behind backslashes"] = (DfuError.PackageEntryUnsafe, () => With(zip => zip[@"a\..\..\evil"] = [1])),
        ["absolute name"] = (DfuError.PackageEntryUnsafe, () => With(zip => zip["/etc/cron.d/evil"] = [1])),
        ["name with a drive"] = (DfuError.PackageEntryUnsafe, () => With(zip => zip["C:evil"] = [1])),
        ["name with a line break"] = (DfuError.PackageEntryUnsafe, () => With(zip => zip["a\nOK: all fine"] = [1])),
        ["empty name"] = (DfuError.PackageEntryUnsafe, () => With(zip => zip[""] = [1])),
        ["symbolic link"] = (DfuError.PackageEntryUnsafe, () => With(zip => zip.Named("app10k.bin").ExternalAttributes = 0xA1FF0000)),
        ["manifest points outside"] = (
            DfuError.PackageEntryUnsafe, () => Manifest("""{"manifest":{"application":{"bin_file":"../../../etc/passwd","dat_file":"app10k.dat"}}}""")),
        ["entry twice"] = (DfuError.PackageEntryDoubled, () => With(zip => zip.Entries.Add(new() { Name = "app10k.bin", Content = [1] }))),
        ["entry twice but for case"] = (DfuError.PackageEntryDoubled, () => With(zip => zip["APP10K.BIN"] = [1])),
        ["manifest twice"] = (DfuError.PackageEntryDoubled, () => With(zip => zip.Entries.Add(new() { Name = "manifest.json", Content = "{}"u8.ToArray() }))),
        ["binary missing"] = (DfuError.PackageEntryMissing, () => With(zip => zip.Entries.Remove(zip.Named("app10k.bin")))),
        ["init packet missing"] = (DfuError.PackageEntryMissing, () => With(zip => zip.Entries.Remove(zip.Named("app10k.dat")))),
        ["manifest missing"] = (DfuError.PackageManifestInvalid, () => With(zip => zip.Entries.Remove(zip.Named("manifest.json")))),
        ["manifest in a folder"] = (DfuError.PackageManifestInvalid, () => With(zip => zip.Named("manifest.json").Name = "package/manifest.json")),
        ["encrypted"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").Flags = 1)),
        ["unknown compression"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").Method = 14)),
        ["wrong CRC"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").Crc = 1)),
        ["deflated garbage"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").Method = 8)),
        ["other name in the local header"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").LocalName = "app10k.bim")),
        ["entries share bytes"] = (
            DfuError.PackageNotAZip, () => With(zip => zip.Entries.Add(new() { Name = "app10k.dat2", LocalName = "app10k.dat2", Content = [], Offset = 0 }))),
        ["entry behind the end"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").Offset = 0x7FFFFFF0)),
        ["directory behind the end"] = (DfuError.PackageNotAZip, () => With(zip => zip.DirectoryOffset = 0x7FFFFFF0)),
        ["more entries claimed than there are"] = (DfuError.PackageNotAZip, () => With(zip => zip.Count = 9)),
        ["fewer entries claimed than there are"] = (DfuError.PackageNotAZip, () => With(zip => zip.Count = 2)),
        ["part of a split archive"] = (DfuError.PackageNotAZip, () => With(zip => zip.Disk = 1)),
        ["too many entries"] = (
            DfuError.PackageTooLarge,
            () => With(zip => zip.Entries.AddRange(Enumerable.Range(0, 60_000).Select(i => new RawZip.Entry { Name = $"{i}", Content = [] })))),
        ["bomb of zeros"] = (DfuError.PackageTooLarge, () => With(zip => Bomb(zip.Named("app10k.bin"), 64 << 20))),
        ["bomb that claims to be small"] = (DfuError.PackageTooLarge, () => With(zip => Bomb(zip.Named("app10k.bin"), 64 << 20, claimed: 10240))),
        ["bomb in the manifest"] = (DfuError.PackageTooLarge, () => With(zip => Bomb(zip.Named("manifest.json"), 1 << 20))),
        ["bomb of many entries"] = (DfuError.PackageTooLarge, () => With(zip =>
        {
            for (var i = 0; i < 50; i++) zip.Entries.Add(new() { Name = $"{i}", Content = new byte[20_000], Deflate = true, Size = 15 << 20 });
        })),
        ["size that deflate cannot reach"] = (DfuError.PackageTooLarge, () => With(zip =>
        {
            zip.Named("app10k.dat").Deflate = true;
            zip.Named("app10k.bin").Deflate = true;
            zip["app10k.bin"] = [0];
            zip.Named("app10k.bin").Size = 16 << 20;
        })),
        ["fewer bytes than claimed"] = (
            DfuError.PackageNotAZip, () => With(zip => { zip.Named("app10k.bin").Deflate = true; zip.Named("app10k.bin").Size = 10241; })),
        ["stored with two sizes"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").Size = 10239)),
        ["size of 4 GiB"] = (DfuError.PackageTooLarge, () => With(zip => zip.Named("app10k.bin").Size = uint.MaxValue)),
        ["size just below 4 GiB"] = (DfuError.PackageTooLarge, () => With(zip => zip.Named("app10k.bin").Size = uint.MaxValue - 1)),
        ["compressed size just below 4 GiB"] = (DfuError.PackageNotAZip, () => With(zip => zip.Named("app10k.bin").CompressedSize = uint.MaxValue - 1)),
        ["zip64 count"] = (DfuError.PackageTooLarge, () => With(zip => zip.Count = ushort.MaxValue)),
        ["zip64 directory"] = (DfuError.PackageTooLarge, () => With(zip => zip.DirectoryOffset = uint.MaxValue)),
        ["manifest of nothing"] = (DfuError.PackageManifestInvalid, () => Manifest("")),
        ["manifest of zeros"] = (DfuError.PackageManifestInvalid, () => Manifest(new string('\0', 100))),
        ["manifest cut short"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"application":""")),
        ["manifest is an array"] = (DfuError.PackageManifestInvalid, () => Manifest("[]")),
        ["manifest is a string inside"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":"application"}""")),
        ["manifest without images"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{}}""")),
        ["manifest with null for an image"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"application":null}}""")),
        ["image is a number"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"application":7}}""")),
        ["file name is a number"] = (
            DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"application":{"bin_file":1,"dat_file":"app10k.dat"}}}""")),
        ["file name is half a surrogate pair"] = (
            DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"application":{"bin_file":"\ud800","dat_file":"app10k.dat"}}}""")),
        ["file name missing"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"application":{"bin_file":"app10k.bin"}}}""")),
        ["image named twice"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"application":@image,"application":@image}}""")),
        ["unknown image"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"kernel":@image}}""")),
        ["images that exclude each other"] = (DfuError.PackageManifestInvalid, () => Manifest("""{"manifest":{"softdevice":@image,"bootloader":@image}}""")),
        ["nested a thousand deep"] = (
            DfuError.PackageManifestInvalid, () => Manifest(string.Concat(Enumerable.Repeat("{\"manifest\":", 1000)) + "1" + new string('}', 1000))),
        ["part size is negative"] = (
            DfuError.PackageManifestInvalid,
            () => Manifest("""{"manifest":{"softdevice_bootloader":{"bin_file":"a","dat_file":"b","info_read_only_metadata":{"sd_size":-1}}}}""")),
        ["init packet empty"] = (DfuError.InitPacketInvalid, () => With(zip => zip["app10k.dat"] = [])),
        ["init packet of 513 bytes"] = (DfuError.InitPacketTooLarge, () => With(zip => zip["app10k.dat"] = new byte[513])),
        ["init packet of garbage"] = (DfuError.InitPacketInvalid, () => With(zip => zip["app10k.dat"] = [.. Enumerable.Repeat((byte)0xFF, 140)])),
        ["init packet cut short"] = (DfuError.InitPacketInvalid, () => With(zip => zip["app10k.dat"] = zip["app10k.dat"][..100])),
        ["init packet twice over"] = (DfuError.InitPacketInvalid, () => With(zip => zip["app10k.dat"] = [.. zip["app10k.dat"], .. zip["app10k.dat"]])),
        ["init packet of a legacy package"] = (
            DfuError.NotADfuPackage, () => With(zip => zip["app10k.dat"] = [0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 1, 0, 0xFE, 0xFF, 0x12, 0x34])),
        ["binary empty"] = (DfuError.SizeMismatch, () => With(zip => zip["app10k.bin"] = [])),
        ["binary one byte longer"] = (DfuError.SizeMismatch, () => With(zip => zip["app10k.bin"] = [.. zip["app10k.bin"], 0])),
        ["manifest calls it a bootloader"] = (DfuError.InitPacketTypeMismatch, () => Manifest("""{"manifest":{"bootloader":@image}}""")),
    };

    public static TheoryData<string> Names => [.. Files.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Is_refused_in_one_clear_line_with_bounded_memory(string name)
    {
        var (error, make) = Files[name];
        var file = make();
        Assert.Throws<DfuException>(() => PackageReader.Read(file, null)); // compiles what it needs

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<DfuException>(() => PackageReader.Read(file, null));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(error, refused.Error);
        Assert.InRange(refused.Message.Length, 10, 300);
        Assert.DoesNotContain(refused.Message, char.IsControl);
        Assert.InRange(allocated, 0, 200_000 + (4L * Math.Min(file.Length, 20_000)));
    }

    [Fact]
    public void A_file_beyond_the_limit_is_refused_unread()
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.OpenWrite(path)) file.SetLength(5L << 30); // sparse
            var before = GC.GetAllocatedBytesForCurrentThread();

            Assert.Equal(DfuError.PackageTooLarge, Assert.Throws<DfuException>(() => PackageReader.Read(path, null)).Error);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] With(Action<RawZip> change)
    {
        var zip = new RawZip(Samples.Bytes("app10k.zip"));
        change(zip);
        return zip.ToBytes();
    }

    private static byte[] Manifest(string json) =>
        With(zip => zip["manifest.json"] = Encoding.UTF8.GetBytes(json.Replace("@image", App, StringComparison.Ordinal)));

    private static void Bomb(RawZip.Entry entry, int size, uint? claimed = null)
    {
        (entry.Content, entry.Deflate, entry.Size) = (new byte[size], true, claimed);
    }
}
