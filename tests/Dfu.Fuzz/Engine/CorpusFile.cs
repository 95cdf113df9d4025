namespace Dfu.Fuzz.Engine;

/// <summary>A target's corpus as it is kept: one input a line, in Base64.</summary>
internal static class CorpusFile
{
    /// <param name="folder">Where the corpora are.</param>
    /// <returns>Empty where there is none.</returns>
    public static byte[][] Read(string folder, string target)
    {
        var file = FileOf(folder, target);
        return File.Exists(file) ? [.. File.ReadLines(file).Where(static line => line.Length > 0).Select(Convert.FromBase64String)] : [];
    }

    public static void Write(string folder, string target, IEnumerable<byte[]> inputs)
    {
        Directory.CreateDirectory(folder);
        var lines = inputs.OrderBy(static input => input.Length).Select(Convert.ToBase64String).Distinct().ToArray();
        File.WriteAllText(FileOf(folder, target), string.Concat(lines.Select(static line => line + "\n")));
    }

    private static string FileOf(string folder, string target) => Path.Combine(folder, target + ".txt");
}
