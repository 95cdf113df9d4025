using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Links;
using Dfu.Reports;

namespace Dfu.Server.Console.NewCampaign;

/// <summary>How the devices of a campaign that is being made are chosen.</summary>
public enum TargetKind
{
    /// <summary>Ticked in what is heard.</summary>
    Heard = 0,

    /// <summary>Written down: a list of addresses, or CSV.</summary>
    List,

    /// <summary>Who is heard in the first seconds.</summary>
    Name,

    /// <summary>Who comes, one after the other.</summary>
    Feed,
}

/// <summary>Who is ticked, written down or named; only what its kind needs counts.</summary>
public sealed record ChosenTargets
{
    public const int ListenSeconds = 10;

    public TargetKind Kind { get; init; }
    public ImmutableHashSet<BluetoothAddress> Ticked { get; init; } = [];

    /// <summary>Null while the list is empty or has a flaw.</summary>
    public TargetSelection? List { get; init; }

    /// <summary>Empty is everybody.</summary>
    public string Pattern { get; init; } = "";

    public int? Count { get; init; }

    /// <summary>Null while nobody is chosen.</summary>
    public TargetSelection? Selection => Kind switch
    {
        TargetKind.Heard => Ticked.IsEmpty ? null : new() { Addresses = [.. Ticked.Order()] },
        TargetKind.List => List,
        _ => Named with { Count = Count, Feed = Kind == TargetKind.Feed },
    };

    /// <summary>How many there will be; null when that is not known before.</summary>
    public int? Total => Kind switch
    {
        TargetKind.Heard => Ticked.Count,
        TargetKind.List => List?.Addresses.Length,
        _ => Count,
    };

    /// <summary><c>12 devices</c>, <c>what is heard in 10 s and called Sensor*</c>.</summary>
    public string Words => Kind switch
    {
        TargetKind.Heard or TargetKind.List => Format.Count(Total ?? 0, "device"),
        TargetKind.Name => Count is { } count ? $"the first {Format.Count(count, "device")}{Called}" : $"every device{Called} heard in the first {ListenSeconds} s",
        _ => Count is { } most ? $"devices{Called} as they come, until {most} are updated" : $"devices{Called} as they come, until somebody cancels it",
    };

    private string Name => Pattern.Trim();

    private string Called => Name.Length > 0 ? $" named {Name}" : "";

    private TargetSelection Named => Name.Length > 0 ? new() { NameGlob = Name } : new() { All = true };
}
