using Dfu.Fleet.Campaigns;

namespace Dfu.Fleet.Peers;

/// <summary>How far a follower of a campaign has come; default for one that has nothing yet.</summary>
/// <param name="Epoch">The activation the rest is counted by. A follower of an earlier one begins anew.</param>
/// <param name="Revision">The last change of a device that it has.</param>
/// <param name="Signals">The signals that it has.</param>
public readonly record struct CampaignCursor(Guid Epoch, long Revision, long Signals);

/// <summary>What changed in a campaign since a cursor. Its parts are UTF-8 JSON, written once for all followers.</summary>
public sealed record CampaignChanges
{
    /// <summary>Where to go on from.</summary>
    public required CampaignCursor Cursor { get; init; }

    /// <summary>There are more changes than an answer holds: ask again at once.</summary>
    public bool More { get; init; }

    /// <summary>Array of <see cref="DeviceRow"/>: devices that changed.</summary>
    public required byte[] Devices { get; init; }

    /// <summary>A <see cref="CampaignFrame"/>; null while there are <see cref="More"/>.</summary>
    public byte[]? Frame { get; init; }

    /// <summary><see cref="SignalColumns"/>; null where the follower has them.</summary>
    public byte[]? Signals { get; init; }
}
