using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.AccessKeys;

/// <summary>A key and the hash of its secret.</summary>
/// <param name="Hash">As of <see cref="AccessSecret.HashOf"/>.</param>
public sealed record HeldKey(AccessKey Key, string Hash);

/// <summary>All keys of a fleet, as members check requests against them.</summary>
/// <param name="Revision">Grows with every change.</param>
public sealed record AccessKeyRing(int Revision, ImmutableArray<HeldKey> Keys)
{
    public static AccessKeyRing Empty { get; } = new(0, []);

    /// <summary>The key that a secret is of, in force or not; null when it is of none.</summary>
    public AccessKey? Match(string? secret) =>
        AccessSecret.TryParse(secret, out var id) && Keys.FirstOrDefault(held => held.Key.Id == id) is { } held && AccessSecret.Matches(secret!, held.Hash)
            ? held.Key
            : null;

    /// <summary>The key of an id, if it is in force; null otherwise.</summary>
    public AccessKey? InForce(string id, DateTimeOffset now) =>
        Keys.FirstOrDefault(held => held.Key.Id == id)?.Key is { } key && key.IsInForce(now) ? key : null;
}

/// <summary>What is stored of a fleet's keys.</summary>
public sealed record AccessKeysState
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(AccessKeysState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public AccessKeyRing Ring { get; init; } = AccessKeyRing.Empty;

    /// <summary>What the audit has not taken yet.</summary>
    public ImmutableArray<AuditEntry> Untold { get; init; } = [];

    /// <summary>The audit has those.</summary>
    public AccessKeysState Told(ImmutableArray<AuditEntry> entries) => this with { Untold = Untold.RemoveRange(entries) };
}
