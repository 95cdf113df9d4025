using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Cli;

/// <summary>One of the process's two output streams, which may lead to a full disk or a terminal that is gone.</summary>
/// <param name="needed">
/// What a command was asked for must arrive; progress and errors need not: an update never ends because nobody can read about it.
/// </param>
internal sealed class OutputStream(TextWriter inner, bool needed) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (needed) throw new DfuException(DfuError.OutputNotWritten, $"standard output cannot be written: {failure.Message}", failure);
        }
    }
}
