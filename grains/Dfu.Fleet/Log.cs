using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet;

/// <summary>Everything that activations and what carries them log.</summary>
internal static partial class Log
{
    /// <summary>For work that nobody waits for; see <see cref="Turns.OwnWork"/>.</summary>
    /// <param name="subject">Whose work it is: a campaign, a device, an adapter.</param>
    [LoggerMessage(Message = "{Subject}: could not {Work}")]
    public static partial void WorkFailed(this ILogger logger, LogLevel level, object subject, string work, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Adapter}: {Status} {Detail}")]
    public static partial void StatusChanged(this ILogger logger, string adapter, AdapterStatus status, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Adapter} stops")]
    public static partial void AdapterStops(this ILogger logger, string adapter, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Adapter}: attempt {Attempt} on {Device} begins")]
    public static partial void AttemptBegins(this ILogger logger, string adapter, int attempt, BluetoothAddress device);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Adapter}: attempt {Attempt} on {Device} goes on where it was: the device holds {Held} of {Stored} bytes ({Diagnosis})")]
    public static partial void Resumed(
        this ILogger logger, string adapter, int attempt, BluetoothAddress device, long held, long stored, string diagnosis);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Adapter}: attempt {Attempt} on {Device} ended: it went well")]
    public static partial void AttemptWentWell(this ILogger logger, string adapter, int attempt, BluetoothAddress device);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Adapter}: attempt {Attempt} on {Device} ended: {Error} {Detail}")]
    public static partial void AttemptEnded(this ILogger logger, string adapter, int attempt, BluetoothAddress device, DfuError error, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device}: attempt {Attempt} on {Adapter} is given up ({Reason})")]
    public static partial void AttemptGivenUp(this ILogger logger, BluetoothAddress device, int attempt, string? adapter, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device}: {Outcome} after {Attempts} attempts in campaign {Campaign}")]
    public static partial void UpdateEnded(this ILogger logger, BluetoothAddress device, string outcome, int attempts, string campaign);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device}: failed after {Attempts} attempts in campaign {Campaign}: {Detail} ({Error})")]
    public static partial void UpdateFailed(this ILogger logger, BluetoothAddress device, int attempts, string campaign, string detail, DfuError error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Adapter}: the bytes sent to {Device} are not counted on this host; a crash of it may lose those of the last second")]
    public static partial void NotCounted(this ILogger logger, string adapter, BluetoothAddress device, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "Kept for long enough and deleted: {Campaigns} campaigns, {Packages} packages")]
    public static partial void Forgot(this ILogger logger, int campaigns, int packages);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The package {Package} cannot be kept on this host; it is fetched from the fleet each time")]
    public static partial void NotCached(this ILogger logger, string package, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device}: its last progress was not saved; it is found out again when the device connects")]
    public static partial void ProgressNotSaved(this ILogger logger, BluetoothAddress device, Exception e);

    [LoggerMessage(Message = "{Subject}: its storage has not answered for {Seconds:0} s; it is asked again until it does")]
    public static partial void StorageAway(this ILogger logger, LogLevel level, string subject, double seconds, Exception e);

    [LoggerMessage(Message = "{Subject} could not be saved; it goes on from what was")]
    public static partial void NotStored(this ILogger logger, LogLevel level, string subject, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "Campaign {Campaign} is at work: {Devices} devices, {Ended} of them ended")]
    public static partial void AtWork(this ILogger logger, string campaign, int devices, int ended);

    [LoggerMessage(Level = LogLevel.Information, Message = "Campaign {Campaign}: {Notice}")]
    public static partial void Notice(this ILogger logger, string campaign, string notice);

    [LoggerMessage(Level = LogLevel.Information, Message = "Campaign {Campaign} is over: {Outcome}")]
    public static partial void Over(this ILogger logger, string campaign, CampaignOutcome outcome);

    [LoggerMessage(Level = LogLevel.Error, Message = "Campaign {Campaign} could not be saved; it goes on from what was")]
    public static partial void CampaignNotSaved(this ILogger logger, string campaign, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Campaign {Campaign} has no reminder: nobody wakes it if its silo dies, except hosts that start")]
    public static partial void NoReminder(this ILogger logger, string campaign, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Campaign {Campaign} could not be woken")]
    public static partial void NotWoken(this ILogger logger, string campaign, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all unfinished campaigns could be woken; each is when somebody asks for it")]
    public static partial void NotAllWoken(this ILogger logger, Exception e);
}
