using System.Diagnostics;
using System.Runtime.Versioning;

namespace Dfu.Structure.Tests;

/// <summary>The choice between the editions, with a stand-in for the SDK that lacks a package in the full edition.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class EditionTests : IDisposable
{
    private const string Missing = "error NU1101: Unable to find package Microsoft.Orleans.Server. No packages exist with this id in source(s): nuget.org";
    private readonly string _root = Directory.CreateTempSubdirectory("dfu-edition-").FullName;

    public EditionTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "bin"));
        File.WriteAllText(Path.Combine(_root, "a.csproj"), "<Project />");
        Sources("nuget.org");
    }

    public void Dispose() => Directory.Delete(_root, true);

    [Fact]
    public void A_complete_source_gives_the_full_edition()
    {
        FullRestoreSays(null);
        Assert.Equal("full;;0", Resolve("").Result);
    }

    [Fact]
    public void A_missing_package_gives_the_local_edition_and_one_line_that_names_it()
    {
        FullRestoreSays($"/x/a.csproj : {Missing} [/x/a.sln]\n/x/b.csproj : {Missing} [/x/a.sln]");
        var (result, notes) = Resolve("");
        Assert.Equal("local;Microsoft.Orleans.Server;0", result);
        Assert.EndsWith("no package source here has Microsoft.Orleans.Server", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_full_restore_is_remembered_until_the_sources_or_versions_change()
    {
        FullRestoreSays($"/x/a.csproj : {Missing} [/x/a.sln]");
        Resolve("");
        FullRestoreSays(null);
        Assert.Equal("local;Microsoft.Orleans.Server;0", Resolve("").Result);

        Sources("another");
        Assert.Equal("full;;0", Resolve("").Result);

        FullRestoreSays($"/x/a.csproj : {Missing} [/x/a.sln]");
        Resolve("");
        FullRestoreSays(null);
        File.WriteAllText(Path.Combine(_root, "a.csproj"), "<Project><!-- another version --></Project>");
        Assert.Equal("full;;0", Resolve("").Result);
    }

    [Fact]
    public void Asking_for_the_full_edition_fails_instead_and_names_the_package()
    {
        FullRestoreSays($"/x/a.csproj : {Missing} [/x/a.sln]");
        var (result, notes) = Resolve("full");
        Assert.EndsWith(";1", result, StringComparison.Ordinal);
        Assert.Contains("Microsoft.Orleans.Server", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_out_of_reach_gives_the_local_edition_but_is_not_remembered()
    {
        FullRestoreSays("/x/a.csproj : error NU1301: Unable to load the service index for source https://example.org. [/x/a.sln]");
        Assert.Equal("local;;0", Resolve("").Result);
        FullRestoreSays(null);
        Assert.Equal("full;;0", Resolve("").Result);
    }

    [Fact]
    public void Any_other_failure_is_shown_and_does_not_fall_back()
    {
        FullRestoreSays("/x/a.csproj : error MSB4025: The project file could not be loaded. [/x/a.sln]");
        var (result, notes) = Resolve("");
        Assert.EndsWith(";1", result, StringComparison.Ordinal);
        Assert.Contains(notes, line => line.Contains("MSB4025", StringComparison.Ordinal));
    }

    private void Sources(string name) => File.WriteAllText(Path.Combine(_root, "sources"), name);

    private void FullRestoreSays(string? errors)
    {
        File.WriteAllText(Path.Combine(_root, "errors"), errors ?? "");
        var sdk = Path.Combine(_root, "bin", "dotnet");
        File.WriteAllText(sdk, $"""
            #!/usr/bin/env bash
            case "$*" in
              *"list source"*) cat "{_root}/sources" ;;
              *DfuEdition=local*) exit 0 ;;
              restore*) cat "{_root}/errors"; [ ! -s "{_root}/errors" ] ;;
            esac
            """);
        File.SetUnixFileMode(sdk, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private (string Result, string[] Notes) Resolve(string wanted)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-uc");
        start.ArgumentList.Add("root=$1; . \"$2\"; resolve_edition \"$3\" full.sln local.slnf; code=$?; echo \"$edition;$missing;$code\"");
        start.ArgumentList.Add("bash");
        start.ArgumentList.Add(_root);
        start.ArgumentList.Add(Path.Combine(Repository.Root, ".ci", "edition.sh"));
        start.ArgumentList.Add(wanted);
        start.Environment["PATH"] = Path.Combine(_root, "bin") + ":" + Environment.GetEnvironmentVariable("PATH");
        using var process = Process.Start(start)!;
        var notes = process.StandardError.ReadToEndAsync();
        var result = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return (result, notes.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
