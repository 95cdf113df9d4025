using System.Diagnostics;

namespace Dfu.Structure.Tests;

/// <summary>The script <c>./dfu</c> in a checkout of its own, with a stand-in for the SDK that counts builds.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("dfu-script-").FullName;

    public ScriptTests()
    {
        foreach (var script in new[] { "dfu", ".ci/common.sh" }) Write(script, Repository.Read(script));
        foreach (var folder in new[] { "silo", "grains", "client", "adapters" }) Write($"{folder}/source.cs", "1");
        foreach (var file in new[] { "Directory.Build.props", "BannedSymbols.txt", ".editorconfig" }) Write(file, "1");
        Write("bin/dotnet", """
            #!/usr/bin/env bash
            case "$1" in
              --list-sdks) echo '10.0.100 [/sdk]' ;;
              build)
                mkdir -p "$HOME/.nuget/NuGet" && date >"$HOME/.nuget/NuGet/NuGet.Config"
                output="$(dirname "$2")/bin/Release/net10.0"
                mkdir -p "$output/runtimes" && cp "$ROOT/client/source.cs" "$output/dfu.dll"
                echo built >>"$ROOT/builds.log" ;;
              */dfu.dll)
                shift
                [ "${1:-}" != hold ] || { echo holding; cat >/dev/null; }
                echo ran ;;
            esac
            """);
        Run("chmod", "+x", Path.Combine(_root, "dfu"), Path.Combine(_root, "bin/dotnet"));
    }

    private string[] Builds => Directory.GetDirectories(Path.Combine(_root, ".dfu/builds"));

    private int Built => File.ReadAllLines(Path.Combine(_root, "builds.log")).Length;

    public void Dispose() => Directory.Delete(_root, true);

    [Fact]
    public void A_fresh_machine_builds_once_although_the_SDK_makes_the_users_configuration_meanwhile()
    {
        Assert.Equal("ran", Run("./dfu"));
        Assert.Equal("ran", Run("./dfu"));
        Assert.Equal(1, Built);
    }

    [Fact]
    public void Of_several_first_starts_at_once_one_builds()
    {
        Process[] starts = [.. Enumerable.Range(0, 4).Select(_ => Start("./dfu"))];
        foreach (var start in starts)
        {
            start.StandardInput.Close();
            Assert.Equal("ran", start.StandardOutput.ReadToEnd().Trim());
            start.WaitForExit();
            Assert.Equal(0, start.ExitCode);
            start.Dispose();
        }

        Assert.Equal(1, Built);
    }

    [Fact]
    public void A_build_that_was_left_half_deleted_is_made_again()
    {
        Run("./dfu");
        File.Delete(Path.Combine(Assert.Single(Builds), "dfu.dll"));
        Assert.Equal("ran", Run("./dfu"));
        Assert.Equal("ran", Run("./dfu"));
        Assert.Equal(2, Built);
    }

    [Fact]
    public void Changed_sources_are_built_and_sources_as_they_were_are_not_built_again()
    {
        Run("./dfu");
        Write("client/source.cs", "2");
        Run("./dfu");
        Write("client/source.cs", "1");
        Run("./dfu");
        Assert.Equal(2, Built);
    }

    [Fact]
    public void Of_older_builds_two_stay_and_every_one_that_runs()
    {
        using var running = Start("./dfu", "hold");
        Assert.Equal("holding", running.StandardOutput.ReadLine());
        var held = Assert.Single(Builds);
        for (var change = 2; change <= 5; change++)
        {
            Write("client/source.cs", $"{change}");
            Run("./dfu");
        }

        Assert.Contains(held, Builds);
        Assert.Equal(4, Builds.Length);

        running.StandardInput.Close();
        running.WaitForExit();
        Write("client/source.cs", "6");
        Run("./dfu");
        Assert.DoesNotContain(held, Builds);
        Assert.Equal(3, Builds.Length);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text + "\n");
    }

    private string Run(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program == "./dfu" ? Path.Combine(_root, "dfu") : program, arguments)
        {
            WorkingDirectory = _root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = Path.Combine(_root, "bin") + ":" + Environment.GetEnvironmentVariable("PATH");
        (start.Environment["HOME"], start.Environment["ROOT"]) = (Path.Combine(_root, "home"), _root);
        return Process.Start(start)!;
    }
}
