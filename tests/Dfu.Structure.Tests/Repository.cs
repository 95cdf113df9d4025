using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Dfu.Structure.Tests;

/// <summary>The checkout these tests were built from.</summary>
internal static partial class Repository
{
    public static string Root { get; } = Find();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Every project file, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Projects { get; } = Files("*.csproj").ToList();

    public static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(
            Root, pattern, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, MatchCasing = MatchCasing.CaseInsensitive })
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or ".git" or ".dfu"))
            .Order(StringComparer.Ordinal);

    /// <summary>Names of the root's files that git has, or is about to: what a person keeps there for themselves is in their own exclude file.</summary>
    public static string[] RootFiles()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ":(glob)*"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var names = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return git.ExitCode == 0 ? names : [.. Directory.EnumerateFiles(Root).Select(path => Path.GetFileName(path)!)];
    }

    public static string NameOf(string project) => Path.GetFileNameWithoutExtension(project.Replace('\\', '/'));

    public static IReadOnlyList<string> ProjectReferences(string project) =>
        References(project, "ProjectReference").Select(reference => NameOf(reference.Attribute("Include")!.Value)).ToList();

    /// <summary>Names of package references that reach whoever references the project: not those that only take part in its build.</summary>
    public static IReadOnlyList<string> PackageReferences(string project) =>
        References(project, "PackageReference").Select(reference => reference.Attribute("Include")!.Value).ToList();

    public static IReadOnlyList<string> SolutionProjects() =>
        SolutionEntry().Matches(Read("Dfu.Orleans.sln")).Select(match => match.Groups[1].Value.Replace('\\', '/')).Order(StringComparer.Ordinal).ToList();

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

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex SolutionEntry();

    private static IEnumerable<XElement> References(string project, string kind) => XDocument.Parse(Read(project)).Descendants(kind);
}
