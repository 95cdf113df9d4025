using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Audit;

/// <summary>
/// A full page of the trail. It is stored under the hash of its text, which the next page holds: a page that was changed, or is gone, is noticed.
/// </summary>
public sealed record AuditPage
{
    public const int CurrentVersion = 1;

    /// <summary>Entries of a page.</summary>
    public const int Size = 256;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(AuditPage), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The page before; null for the first.</summary>
    public string? Previous { get; init; }

    /// <summary>How many entries the pages before have.</summary>
    public long Before { get; init; }

    /// <summary>When it was full, by the clock on the wall.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Oldest first.</summary>
    public required ImmutableArray<AuditEntry> Entries { get; init; }

    /// <summary>SHA-256, lower-case hexadecimal.</summary>
    public static string NameOf(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
}
