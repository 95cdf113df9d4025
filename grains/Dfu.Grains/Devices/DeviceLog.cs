using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Devices;

internal static partial class DeviceLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Device}: {Effect} was not carried out; what is outstanding is tried again")]
    public static partial void NotCarried(ILogger logger, Exception failure, BluetoothAddress device, string effect);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device}: its last progress was not saved; it is found out again when the device connects")]
    public static partial void NotSaved(ILogger logger, Exception failure, BluetoothAddress device);
}
