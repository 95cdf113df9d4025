using System.IO.Compression;
using System.Text;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Tests.Processes;

/// <summary>Files that are no packages, each in a way of its own.</summary>
internal static class HostileFiles
{
    private static readonly byte[] Good = PackageWriter.Create(
        new PackageContents { Application = new FirmwareFile("app", new byte[5000]), ApplicationVersion = 1, HwVersion = 52, SdReq = [0x0100] }, null);

    public static IEnumerable<string> Write(string folder)
    {
        var entries = Entries(Good);
        var manifest = Encoding.UTF8.GetString(entries["manifest.json"]);
        var number = 0;
        string File(byte[] content)
        {
            var path = Path.Combine(folder, $"hostile{++number:00}.zip");
            System.IO.File.WriteAllBytes(path, content);
            return path;
        }

        byte[] With(string name, byte[] content) => Zip(
            [.. entries.Where(entry => entry.Key != name).Select(entry => (entry.Key, entry.Value)), (name, content)]);
        byte[] Manifest(string text) => With("manifest.json", Encoding.UTF8.GetBytes(text));

        yield return File([]);
        yield return File("not a zip at all"u8.ToArray());
        yield return File(Good[..(Good.Length / 2)]);
        yield return File(Good[..^1]);
        yield return File(InDirectory((zip, entry) => zip[entry + 16] ^= 1)); // another CRC
        yield return File(Zip([]));
        yield return File(Zip([.. entries.Where(entry => entry.Key != "manifest.json").Select(entry => (entry.Key, entry.Value))]));
        yield return File(Zip([.. entries.Where(entry => entry.Key != "app.bin").Select(entry => (entry.Key, entry.Value))]));
        yield return File(Zip([.. entries.Where(entry => entry.Key != "app.dat").Select(entry => (entry.Key, entry.Value))]));
        yield return File(Zip([.. entries.Select(entry => (entry.Key, entry.Value)), ("app.bin", new byte[5000])]));
        yield return File(Manifest("{"));
        yield return File(Manifest("[]"));
        yield return File(Manifest("""{"manifest":{"application":{"bin_file":7,"dat_file":true}}}"""));
        yield return File(Manifest("""{"manifest":{}}"""));
        yield return File(Manifest(manifest.Replace("app.bin", "../../etc/passwd", StringComparison.Ordinal)));
        yield return File(Manifest(new string('[', 100_000)));
        yield return File(With("app.dat", [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x12]));
        yield return File(With("app.dat", new byte[4096]));
        yield return File(With("app.bin", new byte[200 << 20]));
        yield return File(InDirectory((zip, entry) => zip.AsSpan(entry + 20, 8).Fill(0xFE))); // almost 4 GiB
    }

    public static string WithOtherFirmware(string package, string path)
    {
        var entries = Entries(File.ReadAllBytes(package));
        entries["app.bin"][100] ^= 1;
        File.WriteAllBytes(path, Zip([.. entries.Select(entry => (entry.Key, entry.Value))]));
        return path;
    }

    private static Dictionary<string, byte[]> Entries(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var content = new MemoryStream();
            using var stream = entry.Open();
            stream.CopyTo(content);
            return content.ToArray();
        });
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, true))
        {
            foreach (var (name, content) in entries)
            {
                using var stream = archive.CreateEntry(name).Open();
                stream.Write(content);
            }
        }

        return buffer.ToArray();
    }

    private static byte[] InDirectory(Action<byte[], int> change)
    {
        var zip = Good.ToArray();
        for (var i = 0; i + 46 < zip.Length; i++)
        {
            if (zip.AsSpan(i, 4).SequenceEqual("PK\u0001\u0002"u8)) change(zip, i);
        }

        return zip;
    }
}
