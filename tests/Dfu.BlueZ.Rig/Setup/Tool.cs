using System.ComponentModel;
using System.Diagnostics;

namespace Dfu.BlueZ.Rig.Setup;

/// <summary>Programs of the host.</summary>
internal static class Tool
{
    public static bool Exists(string name) => Find(name) is not null;

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program in a folder to its end; stopped with it.</summary>
    /// <exception cref="RigException">It cannot be started.</exception>
    public static async Task<ToolResult> RunAsync(string folder, string name, IEnumerable<string> arguments, CancellationToken stop)
    {
        var start = new ProcessStartInfo(name, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Start(start);
        await using var kill = stop.Register(process.Kill);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        stop.ThrowIfCancellationRequested();
        return new(process.ExitCode, output, await errors);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new RigException($"{start.FileName} cannot be started: {e.Message}");
        }
    }
}

internal sealed record ToolResult(int Status, string Output, string Errors)
{
    public IEnumerable<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
