using System.Net;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo;

/// <summary>Everything that the host logs.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "could not {Work}, which changed nothing:")]
    public static partial void Overlooked(this ILogger logger, string work, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Member} is a member of its cluster at {Endpoint}, with its gateway at {Gateway}")]
    public static partial void Ready(this ILogger logger, string member, IPEndPoint endpoint, IPEndPoint gateway);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "commands are not told of this server, for {Directory} cannot be written ({Why}): give them --gateway {Gateway}")]
    public static partial void NotAnnounced(this ILogger logger, string directory, IPEndPoint gateway, string why);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "the others have voted this member out while it did not answer: it ends at once, and takes part again when it is started again ({Why})")]
    public static partial void IsDead(this ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Member} stops")]
    public static partial void Stops(this ILogger logger, string member);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "the start waits for members of the cluster that do not answer; dead ones count no more after {Seconds:0} s")]
    public static partial void StartWaits(this ILogger logger, double seconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "something answers where a member '{Member}' was, at {Endpoint}; the start waits up to {Seconds:0} s for a sign of life of it")]
    public static partial void FormerMemberAsked(this ILogger logger, string? member, IPEndPoint endpoint, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "a former member '{Member}' at {Endpoint} is struck out")]
    public static partial void FormerMemberBuried(this ILogger logger, string member, IPEndPoint endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Adapter}: {Detail} - it is tried again ({Code})")]
    public static partial void AdapterNotOpen(this ILogger logger, string adapter, string detail, string code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} expires on {End:yyyy-MM-dd HH:mm} UTC: give a new one before, and start this member again")]
    public static partial void CertificateEnds(this ILogger logger, string file, DateTimeOffset end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} is a private key that every user of this machine can read: chmod o= it")]
    public static partial void KeyReadable(this ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Endpoint} can be reached by others, and whoever reaches it is let in")]
    public static partial void NetworkOpen(this ILogger logger, IPAddress endpoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "virtual devices are served at {Endpoints}")]
    public static partial void Simulates(this ILogger logger, string endpoints);
}
