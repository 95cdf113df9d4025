using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Campaigns;

/// <summary>What followers of a campaign get whole each time: everything but its devices' rows.</summary>
public sealed record CampaignFrame
{
    public required string Id { get; init; }
    public required string PackageId { get; init; }

    /// <summary>The campaign's clock when this was put together.</summary>
    public required DateTimeOffset At { get; init; }
    public CampaignOutcome Outcome { get; init; }

    /// <summary>How it stands, holds and groups; null for one that was put together by an earlier version.</summary>
    public CampaignStanding? Standing { get; init; }
    public bool GoesOn { get; init; }
    public bool Collecting { get; init; }
    public double Seconds { get; init; }
    public ImmutableArray<string> Notices { get; init; } = [];
    public ImmutableArray<AdapterView> Adapters { get; init; } = [];
    public TransferColumns Transfers { get; init; } = new();
}

/// <summary>The transfers under way, column by column: of five hundred of them each takes 30 bytes instead of 130.</summary>
public sealed record TransferColumns
{
    /// <summary>See <see cref="DeviceRow.Index"/>.</summary>
    public ImmutableArray<int> Device { get; init; } = [];

    /// <summary>Numbers of <see cref="DevicePhase"/>, from 0.</summary>
    public ImmutableArray<int> Phase { get; init; } = [];
    public ImmutableArray<int> Attempts { get; init; } = [];
    public ImmutableArray<long> Confirmed { get; init; } = [];
    public ImmutableArray<long> Sent { get; init; } = [];
    public ImmutableArray<long> Resent { get; init; } = [];

    /// <summary>Bytes per second.</summary>
    public ImmutableArray<long> Rate { get; init; } = [];

    public Transfer this[int index] => new(
        Device[index], (DevicePhase)Phase[index], Attempts[index], Confirmed[index], Sent[index], Resent[index], Rate[index]);

    public static TransferColumns Of(IReadOnlyCollection<Transfer> transfers) => new()
    {
        Device = [.. transfers.Select(static transfer => transfer.Device)],
        Phase = [.. transfers.Select(static transfer => (int)transfer.Phase)],
        Attempts = [.. transfers.Select(static transfer => transfer.Attempts)],
        Confirmed = [.. transfers.Select(static transfer => transfer.Confirmed)],
        Sent = [.. transfers.Select(static transfer => transfer.Sent)],
        Resent = [.. transfers.Select(static transfer => transfer.Resent)],
        Rate = [.. transfers.Select(static transfer => transfer.Rate)],
    };
}

/// <summary>What a transfer under way shows this moment of its device.</summary>
/// <param name="Device">See <see cref="DeviceRow.Index"/>.</param>
/// <param name="Rate">Bytes per second.</param>
public readonly record struct Transfer(int Device, DevicePhase Phase, int Attempts, long Confirmed, long Sent, long Resent, long Rate)
{
    public static Transfer Of(int index, DeviceView view) =>
        new(index, view.Phase, view.Attempts, view.BytesConfirmed, view.BytesSent, view.BytesResent, (long)Math.Ceiling(view.Rate));

    public DeviceView Over(DeviceView device) => device with
    {
        Phase = Phase,
        Attempts = Attempts,
        BytesConfirmed = Confirmed,
        BytesSent = Sent,
        BytesResent = Resent,
        Rate = Rate,
    };
}

/// <summary>How well devices are heard, dBm at the adapter that hears each best; devices that are not in it were not heard lately.</summary>
public sealed record SignalColumns
{
    /// <summary>See <see cref="DeviceRow.Index"/>.</summary>
    public ImmutableArray<int> Device { get; init; } = [];
    public ImmutableArray<int> Rssi { get; init; } = [];
}

/// <summary>A device as it is stored, without what changes by the second.</summary>
public sealed record DeviceRow
{
    /// <summary>Its place in the campaign.</summary>
    public required int Index { get; init; }
    public required DeviceView View { get; init; }

    /// <summary>Which change of the campaign's devices made it so; they are counted from 1.</summary>
    public long Revision { get; init; }

    /// <summary>When its first attempt began, for a device that has not ended: <see cref="DeviceView.Seconds"/> counts from there.</summary>
    public DateTimeOffset? Since { get; init; }
}
