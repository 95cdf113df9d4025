using System.ComponentModel;
using System.Diagnostics;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>Asks the program, which answers without starting.</summary>
internal static class DaemonVersion
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <returns>Null when it does not say.</returns>
    public static async Task<string?> AskAsync(string program, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null) return null;
            try
            {
                var text = await process.StandardOutput.ReadToEndAsync(cancellationToken).WithinAsync(Longest, time, cancellationToken);
                return text.Split('\n')[0].Trim() is { Length: > 0 and < 40 } version && !version.Any(char.IsControl) ? version : null;
            }
            finally
            {
                if (!process.HasExited) process.Kill();
            }
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException or TimeoutException)
        {
            return null;
        }
    }
}
