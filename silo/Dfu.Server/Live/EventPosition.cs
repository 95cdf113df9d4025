using System.Globalization;

namespace Dfu.Server.Live;

/// <summary>How far a reader of events has come. Its text is an event's id: 'EPOCH-CHANGE-FEED-VERSION'.</summary>
/// <param name="Epoch">By which changes are counted: the activation of a campaign, whichever member reads it, or the memory of a fleet's feed.</param>
/// <param name="Change">The last change of a device, or of the fleet, that it has.</param>
/// <param name="Feed">By which versions are counted.</param>
/// <param name="Version">What else it has; 0 for nothing.</param>
internal readonly record struct EventPosition(Guid Epoch, long Change, ulong Feed, long Version)
{
    /// <returns>Null for what is no position, which is that of somebody who has nothing.</returns>
    public static EventPosition? Parse(string? id)
    {
        if (id is not { Length: < 100 } || id.Split('-') is not [var epoch, var change, var feed, var version]) return null;
        return Guid.TryParseExact(epoch, "N", out var known)
            && Read(change, out var last) && Read(version, out var told)
            && ulong.TryParse(feed, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var reader)
            ? new(known, last, reader, told)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch:N}-{Change:x}-{Feed:x}-{Version:x}");

    private static bool Read(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && number >= 0;
}
