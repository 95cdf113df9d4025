using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Retention;

/// <summary>What retention remembers between its rounds.</summary>
public sealed record RetentionState
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(RetentionState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public RetentionPolicy Policy { get; init; } = new();

    /// <summary>When the last round was.</summary>
    public DateTimeOffset? LookedAt { get; init; }

    /// <summary>Campaigns of the directory that are over, and when a round first found them so.</summary>
    public ImmutableDictionary<string, DateTimeOffset> Over { get; init; } = ImmutableDictionary<string, DateTimeOffset>.Empty;

    /// <summary>Packages that are stored, and when each was last needed.</summary>
    public ImmutableDictionary<string, DateTimeOffset> Packages { get; init; } = ImmutableDictionary<string, DateTimeOffset>.Empty;

    /// <summary>Campaigns that are being deleted: they may be gone from the directory while something of them is still stored.</summary>
    public ImmutableHashSet<string> Going { get; init; } = [];

    /// <summary>Somebody is about to use a package, or to store it. Nothing changes when that is known to the day.</summary>
    public RetentionState Needing(string package, DateTimeOffset now) =>
        Packages.TryGetValue(package, out var known) && (now - known).Duration() < TimeSpan.FromDays(1)
            ? this
            : this with { Packages = Packages.SetItem(package, now) };

    /// <summary>Nothing of the campaign is stored any more, or it goes on.</summary>
    public RetentionState Without(string campaign) => this with { Going = Going.Remove(campaign) };

    public RetentionState WithoutPackage(string package) => this with { Packages = Packages.Remove(package) };
}
