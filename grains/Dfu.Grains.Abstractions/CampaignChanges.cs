using Dfu.Fleet.Campaigns;

namespace Dfu.Grains;

/// <summary>How far a follower of a campaign has come; default for one that has nothing yet.</summary>
/// <param name="Epoch">The activation the rest is counted by. A follower of an earlier one begins anew.</param>
/// <param name="Revision">The last change of a device that it has.</param>
/// <param name="Signals">The signals that it has.</param>
[GenerateSerializer, Immutable, Alias("dfu.campaign-cursor")]
public readonly record struct CampaignCursor([property: Id(0)] Guid Epoch, [property: Id(1)] long Revision, [property: Id(2)] long Signals);

/// <summary>What changed in a campaign since a cursor. Its parts are UTF-8 JSON, written once for all followers.</summary>
[GenerateSerializer, Immutable, Alias("dfu.campaign-changes")]
public sealed record CampaignChanges
{
    /// <summary>Where to go on from.</summary>
    [Id(0)]
    public required CampaignCursor Cursor { get; init; }

    /// <summary>There are more changes than an answer holds: ask again at once.</summary>
    [Id(1)]
    public bool More { get; init; }

    /// <summary>Array of <see cref="DeviceRow"/>: devices that changed.</summary>
    [Id(2)]
    public required byte[] Devices { get; init; }

    /// <summary>A <see cref="CampaignFrame"/>; null while there are <see cref="More"/>.</summary>
    [Id(3)]
    public byte[]? Frame { get; init; }

    /// <summary><see cref="SignalColumns"/>; null where the follower has them.</summary>
    [Id(4)]
    public byte[]? Signals { get; init; }
}
