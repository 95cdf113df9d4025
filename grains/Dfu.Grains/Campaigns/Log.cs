using Dfu.Fleet;
using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Campaigns;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Campaign {Campaign} is at work: {Devices} devices, {Ended} of them ended")]
    public static partial void AtWork(this ILogger logger, string campaign, int devices, int ended);

    [LoggerMessage(Level = LogLevel.Information, Message = "Campaign {Campaign}: {Notice}")]
    public static partial void Notice(this ILogger logger, string campaign, string notice);

    [LoggerMessage(Level = LogLevel.Information, Message = "Campaign {Campaign} is over: {Outcome}")]
    public static partial void Over(this ILogger logger, string campaign, CampaignOutcome outcome);

    [LoggerMessage(Level = LogLevel.Error, Message = "Campaign {Campaign} could not be saved; it goes on from what was")]
    public static partial void SaveFailed(this ILogger logger, string campaign, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Device} did not answer its campaign")]
    public static partial void DeviceSilent(this ILogger logger, BluetoothAddress device, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A call of campaign {Campaign} got no answer")]
    public static partial void CallFailed(this ILogger logger, string campaign, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Campaign {Campaign} has no reminder: nobody wakes it if its silo dies, except hosts that start")]
    public static partial void NoReminder(this ILogger logger, string campaign, Exception e);
}
