using System.Diagnostics;
using System.Globalization;
using Dfu.Fuzz.Engine;
using SharpFuzz;

namespace Dfu.Fuzz;

/// <summary>
/// A copy of this program whose parsers count their branches, for this process alone: others may fuzz at the same time. The builds themselves stay as they
/// are.
/// </summary>
internal sealed class InstrumentedCopy : IDisposable
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
        var copies = Path.Combine(root, ".dfu", "fuzz", "bin");
        var folder = Path.Combine(copies, Name(Environment.ProcessId));
        DeleteAbandoned(copies);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(AppContext.BaseDirectory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var name in Instrumented) _ = Fuzzer.Instrument(Path.Combine(folder, name), static _ => true, Options.Value).Count();
        return new(folder);
    }

    /// <summary>Where the copy in a folder, this program's when it is one, notes a target's input before it is tried.</summary>
    public static string FileOfLast(IFuzzTarget target, string? folder = null) => Path.Combine(folder ?? AppContext.BaseDirectory, $"last-{target.Name}");

    /// <returns>The input at which the copy's process ended.</returns>
    public byte[] LastOf(IFuzzTarget target) => LastInput.Read(FileOfLast(target, _folder));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <returns>The exit code.</returns>
    public int Run(IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(_folder, "Dfu.Fuzz.dll"), Mark, .. arguments]))!;
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Of processes that were killed.</summary>
    private static void DeleteAbandoned(string copies)
    {
        var running = Process.GetProcesses().Select(static process => process.Id).Where(static id => id != Environment.ProcessId).Select(Name).ToHashSet();
        foreach (var folder in Directory.CreateDirectory(copies).EnumerateDirectories().Where(folder => !running.Contains(folder.Name))) folder.Delete(true);
    }

    private static string Name(int process) => process.ToString(CultureInfo.InvariantCulture);
}
