using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Audit;

/// <summary>The newest entries of the trail, fewer than a page, and the name of the page before them.</summary>
public sealed record AuditHead
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(AuditHead), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The newest full page; null when there is none.</summary>
    public string? Last { get; init; }

    /// <summary>How many entries full pages have.</summary>
    public long Before { get; init; }

    /// <summary>Oldest first.</summary>
    public ImmutableArray<AuditEntry> Entries { get; init; } = [];

    /// <summary>The trail with more entries.</summary>
    /// <returns>Pages that are full now, by their names, to be stored before the head is.</returns>
    public (AuditHead Next, ImmutableArray<(string Name, string Json)> Full) With(ImmutableArray<AuditEntry> entries, DateTimeOffset now)
    {
        var next = this with { Entries = Entries.AddRange(entries) };
        var full = ImmutableArray.CreateBuilder<(string, string)>();
        while (next.Entries.Length >= AuditPage.Size)
        {
            var json = FleetJson.Write(new AuditPage { Previous = next.Last, Before = next.Before, Until = now, Entries = next.Entries[..AuditPage.Size] });
            var name = AuditPage.NameOf(json);
            full.Add((name, json));
            next = next with { Last = name, Before = next.Before + AuditPage.Size, Entries = next.Entries[AuditPage.Size..] };
        }

        return (next, full.ToImmutable());
    }
}
