using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Silos;

/// <summary>
/// Ends the process of a member that the others have voted out, for they drive its devices now: at once, in one line and with the exit code of a machine
/// that lacks something. Orleans' own way is to abort, with a dump and a trace.
/// </summary>
internal sealed partial class DeadMember(ILogger<DeadMember> logger) : IFatalErrorHandler
{
    private const int EnvironmentLacks = 4;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        // Orleans lists every member there ever was behind its reason.
        logger.IsDead((context ?? exception?.Message ?? "no reason was given").Split(" Membership: ")[0]);
        if (OperatingSystem.IsWindows()) Environment.Exit(EnvironmentLacks);
        ExitNow(EnvironmentLacks);
    }

    /// <summary>Runs nothing more of this process, as <see cref="Environment.Exit"/> would.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
