using System.Collections.Immutable;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

public enum CampaignControlKind
{
    /// <summary>No further device begins.</summary>
    Pause = 0,

    /// <summary>Goes on after a pause, whoever or whatever made it.</summary>
    Resume,

    /// <summary>The next group may begin.</summary>
    Approve,

    /// <summary>Every device that has no outcome is cancelled.</summary>
    Cancel,

    /// <summary>What failed, or was cancelled, is tried again: all of it, or <see cref="CampaignControl.Devices"/>.</summary>
    Retry,

    /// <summary><see cref="CampaignControl.Devices"/> begin anew, whatever became of them.</summary>
    Restart,
}

/// <summary>What an operator wants of a campaign.</summary>
/// <param name="By">Who it is, for the audit.</param>
public sealed record CampaignControl(CampaignControlKind Kind, string By)
{
    /// <summary>
    /// For <see cref="CampaignControlKind.Pause"/> and <see cref="CampaignControlKind.Cancel"/>: what is under way is broken off, not finished.
    /// </summary>
    public bool Cut { get; init; }

    /// <summary>By any address of theirs.</summary>
    public ImmutableArray<BluetoothAddress> Devices { get; init; } = [];
}
