using Dfu.Protocol.Errors;

namespace Dfu.Cli.Reports;

/// <summary>Files the operator asked for: each is replaced whole, so that a reader never sees half of one.</summary>
internal static class OutputFile
{
    /// <exception cref="DfuException">OutputNotWritten.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".part";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DfuException(DfuError.OutputNotWritten, $"{path} cannot be written: {failure.Message}", failure);
        }
    }
}
