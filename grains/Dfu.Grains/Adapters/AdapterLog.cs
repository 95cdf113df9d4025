using Dfu.Fleet;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Adapters;

internal static partial class AdapterLog
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "{Adapter}: {Status} {Detail}")]
    public static partial void StatusChanged(this ILogger log, string adapter, AdapterStatus status, string detail);

    [LoggerMessage(EventId = 201, Level = LogLevel.Error, Message = "{Adapter} stops")]
    public static partial void Stops(this ILogger log, string adapter, Exception e);

    [LoggerMessage(EventId = 202, Level = LogLevel.Debug, Message = "{Adapter}: {Call} failed and may be made again")]
    public static partial void CallFailed(this ILogger log, string adapter, string call, Exception e);

    [LoggerMessage(EventId = 203, Level = LogLevel.Debug, Message = "{Adapter}: attempt {Attempt} on {Device} ended: {Error} {Detail}")]
    public static partial void AttemptEnded(this ILogger log, string adapter, int attempt, Protocol.Links.BluetoothAddress device, Protocol.Errors.DfuError error, string detail);

    [LoggerMessage(EventId = 204, Level = LogLevel.Warning, Message = "{Adapter}: the bytes sent to {Device} are not counted on this host; a crash of it may lose those of the last second")]
    public static partial void NotCounted(this ILogger log, string adapter, Protocol.Links.BluetoothAddress device, Exception e);
}
