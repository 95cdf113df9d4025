using System.Runtime.InteropServices;

namespace Dfu.Cli.Scan;

/// <summary>
/// Whether anybody still reads standard output. Who writes learns it from the next write, and who watches may have nothing to write for hours.
/// </summary>
internal static class OutputReader
{
    private const int StandardOutput = 1;
    private const short Error = 0x0008;

    /// <summary>False where it cannot be told.</summary>
    public static bool IsGone()
    {
        if (!OperatingSystem.IsLinux()) return false;
        var output = new Polled { Descriptor = StandardOutput };
        return Poll(ref output, 1, 0) == 1 && (output.Found & Error) != 0;
    }

    [DllImport("libc", EntryPoint = "poll")]
    private static extern int Poll(ref Polled descriptors, nuint count, int timeout);

    /// <remarks>poll(2), struct pollfd: a pipe without a reader has POLLERR, asked for or not.</remarks>
    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Asked;
        public short Found;
    }
}
