using Dfu.Protocol.Errors;

namespace Dfu.Cli.Reports;

/// <summary>Files the operator asked for: each is replaced whole, so that a reader never sees half of one.</summary>
internal static class OutputFile
{
    /// <exception cref="DfuException">OutputNotWritten.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var part = Part(path);
        try
        {
            File.WriteAllBytes(part, content);
            if (part != path) File.Move(part, path, true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            if (part != path) Remove(part);
            throw NotWritten(path, failure);
        }
    }

    /// <summary>Refuses an output that would take the place of a file it is made from: firmware or, worse, the only copy of a key.</summary>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static void RefuseInput(string path, params IEnumerable<string?> inputs)
    {
        if (path.Length == 0) throw new DfuException(DfuError.InvalidArgument, "the file to write has no name") { Remedy = "Give its path." };
        var full = Target(path);
        if (inputs.OfType<string>().FirstOrDefault(input => input.Length > 0 && Target(input) == full) is not { } same) return;
        throw new DfuException(DfuError.InvalidArgument, $"'{same}' would be overwritten with what is made of it") { Remedy = "Give the output another name." };
    }

    /// <summary>Whether the folder takes the file; leaves nothing behind, nor touches what is there.</summary>
    /// <exception cref="DfuException">OutputNotWritten.</exception>
    public static void Try(string path)
    {
        var part = Part(path);
        if (part == path) return;
        try
        {
            File.WriteAllBytes(part, []);
            File.Delete(part);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw NotWritten(path, failure);
        }
    }

    /// <summary>What is written first and then takes the file's name. A device such as /dev/null is written as it is: a file may not take its place.</summary>
    private static string Part(string path) => Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal) ? path : path + ".part";

    /// <summary>A path without the ways round it: two that name one file are the same, also through a link.</summary>
    private static string Target(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(full) && File.ResolveLinkTarget(full, returnFinalTarget: true) is { } target ? target.FullName : full;
    }

    private static void Remove(string part)
    {
        try
        {
            File.Delete(part);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What cannot be written can mostly not be removed either; the first failure is the one to tell.
        }
    }

    private static DfuException NotWritten(string path, Exception failure) =>
        new(DfuError.OutputNotWritten, $"{path} cannot be written: {failure.Message}", failure);
}
