using System.Reflection;

namespace Dfu.Server.Console.About;

/// <summary>Whose work is shipped with this, and under which licences.</summary>
public static class Licences
{
    /// <summary>Packages by their licences' SPDX ids, those of most packages first.</summary>
    public static IReadOnlyList<IGrouping<string, string>> All { get; } =
        [.. Read().GroupBy(static row => row.Licence, static row => row.Package).OrderByDescending(static group => group.Count())];

    private static IEnumerable<(string Package, string Licence)> Read()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("licences.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split(' ') is [var package, var licence]) yield return (package, licence);
        }
    }
}
