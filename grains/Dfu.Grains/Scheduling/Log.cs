using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Scheduling;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Planning failed")]
    public static partial void PlanFailed(this ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The grant to {Device} got no answer")]
    public static partial void GrantFailed(this ILogger logger, BluetoothAddress device, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Campaign {Campaign} could not be told what was heard")]
    public static partial void TellFailed(this ILogger logger, string campaign, Exception e);
}
