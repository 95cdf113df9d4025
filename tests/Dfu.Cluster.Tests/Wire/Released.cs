using System.Runtime.CompilerServices;

namespace Dfu.Cluster.Tests.Wire;

/// <summary>Files beside these tests that hold what was released.</summary>
internal static class Released
{
    public const string HowToAdd = "Hosts of different versions work together and read each other's states: what was released must stay as it was. "
        + "Something new is added under a new name or a new [Id], and written down with: DFU_WRITE_CONTRACT=1 ./test --filter Wire";

    public static readonly string Repository = Find();

    private static readonly string Folder = Path.Combine(Repository, "tests", "Dfu.Cluster.Tests", "Wire", "Released");

    public static bool Writing => Environment.GetEnvironmentVariable("DFU_WRITE_CONTRACT") == "1";

    public static string[] Read(string name) => File.Exists(Path.Combine(Folder, name)) ? File.ReadAllLines(Path.Combine(Folder, name)) : [];

    public static void Write(string name, IEnumerable<string> lines)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, name), string.Concat(lines.Select(static line => line + "\n")));
    }

    private static string Find([CallerFilePath] string here = "")
    {
        foreach (var start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(here)! })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Dfu.Orleans.sln"))) return folder.FullName;
            }
        }

        throw new InvalidOperationException("the checkout was not found above the test assembly");
    }
}
