using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Api.Events;

/// <summary>An event of a campaign's stream; see <see cref="CampaignEventReader"/>. What is missing is as it was told before.</summary>
public sealed record CampaignUpdate
{
    /// <summary>The campaign's clock.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Events that follow at once belong to the same moment: nothing is to be shown before the last of them.</summary>
    public bool More { get; init; }

    /// <summary>For how long the fleet has not answered; null while it does.</summary>
    public TimeSpan? NoAnswerFor { get; init; }

    /// <summary>See <see cref="CampaignView.Seconds"/>.</summary>
    public double Seconds { get; init; }

    /// <summary>How the campaign stands; null when that did not change.</summary>
    public CampaignHead? Campaign { get; init; }

    /// <summary>Devices of which something was decided, as they are now.</summary>
    public ImmutableArray<DeviceRow> Devices { get; init; } = [];

    /// <summary>Transfers under way that moved.</summary>
    public TransferColumns? Transfers { get; init; }

    /// <summary>Transfers that are not in <see cref="Transfers"/> are not under way.</summary>
    public bool TransfersAnew { get; init; }

    /// <summary>Indices of devices whose transfers are not under way any more.</summary>
    public ImmutableArray<int> Ended { get; init; } = [];

    /// <summary>How many adapters there are; null when that did not change.</summary>
    public int? AdapterCount { get; init; }

    /// <summary>Adapters of which more changed than <see cref="AdapterRates"/> tell.</summary>
    public ImmutableArray<AdapterRow> Adapters { get; init; } = [];

    public AdapterColumns? AdapterRates { get; init; }

    /// <summary>How well devices are heard, all of them; null when that did not change.</summary>
    public SignalColumns? Signals { get; init; }
}

/// <summary>A campaign without its devices and adapters; members as in <see cref="CampaignView"/>.</summary>
public sealed record CampaignHead
{
    public required string Id { get; init; }
    public required string PackageId { get; init; }
    public CampaignOutcome Outcome { get; init; }
    public CampaignStanding? Standing { get; init; }
    public bool GoesOn { get; init; }
    public bool Collecting { get; init; }
    public ImmutableArray<string> Notices { get; init; } = [];
}

/// <param name="Index">Its place among the campaign's adapters.</param>
public sealed record AdapterRow(int Index, AdapterView View);

/// <summary>What changes of adapters by the second, column by column.</summary>
public sealed record AdapterColumns
{
    /// <summary>See <see cref="AdapterRow.Index"/>.</summary>
    public ImmutableArray<int> Adapter { get; init; } = [];

    /// <summary>Transfers under way.</summary>
    public ImmutableArray<int> Active { get; init; } = [];

    /// <summary>Bytes per second.</summary>
    public ImmutableArray<double> Rate { get; init; } = [];
}
