using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Reports;

/// <summary>What all forms of a report are made of.</summary>
public sealed record CampaignReport
{
    public required CampaignView View { get; init; }

    /// <summary>Null when the package is not kept any more.</summary>
    public PackageFacts? Package { get; init; }

    /// <summary>When it was made, by the clock on the wall.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The host of adapters that do not name theirs.</summary>
    public string Host { get; init; } = "";

    public string Name => View.Standing?.Name ?? "";

    public int Good => View.Devices.Count(static device => device.Outcome.IsGood());

    public int AlreadyCurrent => View.Devices.Count(static device => device.Outcome == DeviceOutcome.AlreadyCurrent);

    public DateTimeOffset? StartedAt => View.Devices.Min(static device => device.StartedAt);

    /// <summary>When the last device had its outcome; null while one has none.</summary>
    public DateTimeOffset? EndedAt => View.Devices.All(static device => device.EndedAt is not null) ? View.Devices.Max(static device => device.EndedAt) : null;

    public TimeSpent Time => View.Devices.Aggregate(new TimeSpent(), static (sum, device) => sum + device.Time);

    /// <summary>In words as machines read them.</summary>
    public string Outcome => View.Outcome switch
    {
        CampaignOutcome.Succeeded => "succeeded",
        CampaignOutcome.Failed => "failed",
        CampaignOutcome.Running => "running",
        _ => "interrupted",
    };

    public int Count(UnitState state) => View.Devices.Count(device => UnitStates.Of(device.Outcome, device.Phase) == state);

    /// <summary>Devices without success by their errors, the most frequent first.</summary>
    public IEnumerable<FailureCause> Causes() => View.Devices
        .Where(static device => device.Outcome == DeviceOutcome.Failed || (device.Outcome == DeviceOutcome.Cancelled && device.Error != DfuError.None))
        .GroupBy(static device => device.Error)
        .OrderByDescending(static group => group.Count()).ThenBy(static group => group.Key.Code(), StringComparer.Ordinal)
        .Select(static group => new FailureCause(group.Key, [.. group.OrderBy(static device => device.Application)]));

    /// <summary>Adapters that worked on devices, by host and id. A device counts for the last that had it.</summary>
    public IEnumerable<AdapterShare> Adapters() => View.Devices
        .Where(static device => device.Adapter is not null)
        .GroupBy(device => PlaceOf(device.Adapter))
        .OrderBy(static group => group.Key.Host, StringComparer.Ordinal).ThenBy(static group => group.Key.Adapter, StringComparer.Ordinal)
        .Select(static group => new AdapterShare(
            group.Key.Host,
            group.Key.Adapter,
            group.Count(),
            group.Count(static device => device.Outcome.IsGood()),
            group.Count(static device => device.Outcome == DeviceOutcome.Failed),
            group.Sum(static device => device.BytesSent),
            group.Sum(static device => device.BytesResent),
            group.Sum(static device => device.ResumeTotals.Times)));

    /// <summary>Where an adapter is; empty for none.</summary>
    public (string Host, string Adapter) PlaceOf(string? id) => id is null ? ("", "") : ReportWords.Place(id, Host);
}

public sealed record FailureCause(DfuError Error, ImmutableArray<DeviceView> Devices);

/// <param name="Drops">Transfers that broke off and went on.</param>
public sealed record AdapterShare(string Host, string Adapter, int Devices, int Updated, int Failed, long BytesSent, long BytesResent, int Drops);
