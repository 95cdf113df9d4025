using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Directory;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The directory of campaigns could not be saved; it goes on from what was")]
    public static partial void SaveFailed(this ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Campaign {Campaign} could not be woken")]
    public static partial void WakeFailed(this ILogger logger, string campaign, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Campaign {Campaign} could not be cancelled yet")]
    public static partial void CancelFailed(this ILogger logger, string campaign, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all unfinished campaigns could be woken; each is when somebody asks for it")]
    public static partial void NotWoken(this ILogger logger, Exception e);
}
