using System.Collections.Immutable;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>Which devices a campaign is for. Exactly one of the three is given.</summary>
public sealed record TargetSelection
{
    /// <summary>Application or bootloader addresses, either is accepted.</summary>
    public ImmutableArray<BluetoothAddress> Addresses { get; init; } = [];

    /// <summary>Every device heard while targets are collected.</summary>
    public bool All { get; init; }

    /// <summary>Every device heard while targets are collected whose advertised name matches; <c>*</c> and <c>?</c> as in a shell.</summary>
    public string? NameGlob { get; init; }

    /// <summary>For <see cref="All"/> and <see cref="NameGlob"/>: how long to listen. 1 s to 10 min, default 10 s.</summary>
    public TimeSpan ScanTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// For <see cref="All"/> and <see cref="NameGlob"/>: devices are taken as they come and go, until <see cref="Count"/> of them are updated, the
    /// campaign's end has come or somebody cancels it.
    /// </summary>
    public bool Feed { get; init; }

    /// <summary>What people call the devices; those that are not in it have no name.</summary>
    public ImmutableArray<TargetLabel> Labels { get; init; } = [];

    /// <summary>For <see cref="All"/> and <see cref="NameGlob"/>: wait for this many instead of <see cref="ScanTime"/>.</summary>
    public int? Count { get; init; }
}
