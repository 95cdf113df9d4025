using System.Diagnostics;
using SharpFuzz;

namespace Dfu.Fuzz;

/// <summary>A copy of this program whose parsers count their branches. The builds themselves stay as they are.</summary>
internal sealed class InstrumentedCopy
{
    /// <summary>Tells the copy that it is one.</summary>
    public const string Mark = "--instrumented";

    /// <summary>Ours, and those whose ways tell of an input what ours cannot see.</summary>
    private static readonly string[] Instrumented =
    [
        "Dfu.Protocol.dll", "Dfu.Adapters.dll", "Dfu.Adapters.BlueZ.dll", "Dfu.Adapters.Bridge.dll", "Dfu.Fleet.dll", "Dfu.Api.dll", "Dfu.Server.dll",
        "dfu.dll", "YamlDotNet.dll", "Google.Protobuf.dll",
    ];

    private readonly string _folder;

    private InstrumentedCopy(string folder) => _folder = folder;

    /// <param name="root">Of the checkout.</param>
    public static InstrumentedCopy Make(string root)
    {
        var folder = Path.Combine(root, ".dfu", "fuzz", "bin");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(AppContext.BaseDirectory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var name in Instrumented) _ = Fuzzer.Instrument(Path.Combine(folder, name), static _ => true, Options.Value).Count();
        return new(folder);
    }

    /// <returns>The exit code.</returns>
    public int Run(IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(_folder, "Dfu.Fuzz.dll"), Mark, .. arguments]))!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
