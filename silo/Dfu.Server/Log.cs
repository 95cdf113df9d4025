using System.Net;
using Microsoft.Extensions.Logging;

namespace Dfu.Server;

/// <summary>Everything that the web server logs. Never a key, a cookie or a query string.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "a wrong access key came from {Address}")]
    public static partial void KeyRefused(this ILogger logger, IPAddress? address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "access keys could not be read again, which is tried in two seconds; known ones hold for 20 s:")]
    public static partial void KeysNotRead(this ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "that the access key {Key} is used was not kept:")]
    public static partial void UseNotKept(this ILogger logger, string key, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "a request from {Address} was refused: {Why}")]
    public static partial void Foreign(this ILogger logger, IPAddress? address, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} cannot be read, and sessions that it opened are over: {Why}")]
    public static partial void WebKeyUnreadable(this ILogger logger, string file, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{File} has changed, and is used from now on")]
    public static partial void CertificateRenewed(this ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "a changed certificate cannot be used, and the former one is: {What} ({Code})")]
    public static partial void CertificateNotRenewed(this ILogger logger, string what, string code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} expires on {End:yyyy-MM-dd HH:mm} UTC: put a new one in its place before, it is read by itself")]
    public static partial void CertificateEnds(this ILogger logger, string file, DateTimeOffset end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "a page of the console got nothing new, and tries again:")]
    public static partial void PageFailed(this ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Request} could not be answered:")]
    public static partial void RequestFailed(this ILogger logger, string request, Exception e);
}
