using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Devices;

/// <summary>The older part of a device's audit trail, kept beside its <see cref="DeviceRecord"/>. What is in both is there once.</summary>
public sealed record DeviceHistory
{
    public const int CurrentVersion = 1;

    /// <summary>Entries kept of a device.</summary>
    public const int Length = 200;

    /// <summary>A record hands its news over when it has so many.</summary>
    private const int NewsLength = 16;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(DeviceHistory), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Oldest first.</summary>
    public ImmutableArray<HistoryEntry> Entries { get; init; } = [];

    /// <summary>How many entries there ever were up to the last of <see cref="Entries"/>.</summary>
    public long End { get; init; }

    /// <summary>What stays of a device that is forgotten; a <see cref="DeviceRecord"/> beside it counts more.</summary>
    public DevicePassport? Passport { get; init; }

    /// <summary>
    /// Whether a record, as it is stored, should hand its news over: first save what <see cref="With"/> gives, then the record <see cref="Without"/> them.
    /// What is not stored yet may never have happened.
    /// </summary>
    public static bool IsDue(DeviceRecord stored) => stored.News.Length >= NewsLength;

    /// <param name="record">What has come of the stored one.</param>
    public static DeviceRecord Without(DeviceRecord record, DeviceRecord stored) =>
        record with { News = record.News[stored.News.Length..], NewsFrom = stored.NewsFrom + stored.News.Length };

    /// <summary>Goes on with what the record has of the history; news taken over before, by a save that came without the record's, count once.</summary>
    public DeviceHistory With(DeviceRecord record)
    {
        var known = (int)Math.Clamp(End - record.NewsFrom, 0, record.News.Length);
        var all = Entries.AddRange(record.News.AsSpan()[known..]);
        return this with { Entries = all.Length <= Length ? all : all[^Length..], End = Math.Max(End, record.NewsFrom + record.News.Length) };
    }
}
