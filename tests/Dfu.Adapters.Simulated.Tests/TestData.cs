using System.IO.Compression;
using System.Security.Cryptography;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>A package taken apart without the code under test: init packet and image of each part, in the order of its file.</summary>
internal sealed record TestImage(string Package, byte[] Init, byte[] Firmware);

internal static class TestData
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Data");

    public static readonly ECDsa PublicKey = LoadKey();

    public static readonly IReadOnlyList<TestImage> Images =
        [.. Directory.GetFiles(Path.Combine(Root, "packages"), "*.zip").Order(StringComparer.Ordinal).SelectMany(Read)];

    public static IEnumerable<string> TranscriptNames =>
        Directory.GetFiles(Path.Combine(Root, "transcripts"), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    public static string[] Transcript(string name) => File.ReadAllLines(Path.Combine(Root, "transcripts", name + ".txt"));

    public static string Table => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "TRANSCRIPTS.md"));

    public static TestImage Image(string package) => Images.First(image => image.Package == package);

    private static IEnumerable<TestImage> Read(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        foreach (var entry in zip.Entries.Where(entry => entry.Name.EndsWith(".dat", StringComparison.Ordinal)).ToList())
        {
            var binary = zip.GetEntry(Path.ChangeExtension(entry.Name, ".bin"))!;
            yield return new TestImage(Path.GetFileNameWithoutExtension(path), Bytes(entry), Bytes(binary));
        }
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static ECDsa LoadKey()
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Root, "packages", "public-key.pem")));
        return key;
    }
}
