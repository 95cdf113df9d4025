using System.Security.Cryptography;

namespace Dfu.Fuzz.Engine;

/// <summary>What was found of one target: an input and its story each, in files of a folder, once for each kind.</summary>
internal sealed class Findings(string folder, string target)
{
    private const int Most = 20;
    private readonly HashSet<string> _kinds = [];

    public int Count => _kinds.Count;

    public bool IsFull => Count >= Most;

    /// <returns>How to play it again; null when this kind is known.</returns>
    public string? Add(byte[] input, Verdict verdict)
    {
        if (!_kinds.Add(verdict.Kind)) return null;
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{target}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
        File.WriteAllBytes(file, input);
        File.WriteAllText(file + ".story", $"{verdict.Text}\n");
        return $"{verdict.Text.Split('\n')[0]}\n  dotnet run -c Release --project tests/Dfu.Fuzz -- --target {target} --replay {file}";
    }
}
