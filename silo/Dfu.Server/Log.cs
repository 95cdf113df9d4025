using Microsoft.Extensions.Logging;

namespace Dfu.Server;

/// <summary>Everything that the web server logs.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "a page of the console got nothing new, and tries again:")]
    public static partial void PageFailed(this ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} could not be answered:")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, Exception e);
}
