using System.Collections.Immutable;
using System.Globalization;
using Dfu.Fleet.Audit;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.AccessKeys;

/// <summary>What becomes of a change to the keys.</summary>
/// <param name="Next">The same when nothing changes.</param>
/// <param name="Refused">None when it is done, or was so already.</param>
/// <param name="Words">What is done, was so already, or why not.</param>
public sealed record AccessKeyVerdict(AccessKeysState Next, DfuError Refused, string Words);

/// <summary>Keys are made, used and revoked, decided in one place.</summary>
public static class AccessKeyChanges
{
    /// <summary>Keys that are kept, those included that are not in force any more.</summary>
    public const int Most = 1000;

    public const int LongestName = 60;

    private static readonly TimeSpan UsedAgain = TimeSpan.FromHours(1);

    /// <param name="made">When it was made is <paramref name="now"/>, whatever it says.</param>
    public static AccessKeyVerdict Add(AccessKeysState state, HeldKey made, DateTimeOffset now)
    {
        var key = made.Key with { Name = made.Key.Name.Trim(), MadeAt = now, RevokedAt = null, RevokedBy = null, LastUsed = null };
        if (Flaw(state, key, now) is { } flaw) return new(state, DfuError.InvalidArgument, flaw);
        var kept = state.Ring.Keys;
        if (kept.Length >= Most)
        {
            if (kept.FirstOrDefault(held => !held.Key.IsInForce(now)) is not { } oldest)
                return new(state, DfuError.InvalidArgument, $"there are {Most} keys in force, and no room for more: revoke some");
            kept = kept.Remove(oldest);
        }

        var end = key.ExpiresAt is { } at ? $"until {Day(at)}" : "without an end";
        var words = $"'{key.Name}' may be used as {Word(key.Role)} {end}";
        var entry = new AuditEntry($"key-{key.Id}-made", now, key.MadeBy, "keyMade", Subject(key), words);
        return new(Changed(state, kept.Add(made with { Key = key }), entry), DfuError.None, words);
    }

    /// <param name="text">An id, or the name of a key in force.</param>
    public static AccessKeyVerdict Revoke(AccessKeysState state, string text, string by, DateTimeOffset now)
    {
        var keys = state.Ring.Keys;
        var held = keys.FirstOrDefault(held => held.Key.Id == text)
            ?? keys.LastOrDefault(held => Same(held.Key.Name, text) && held.Key.IsInForce(now))
            ?? keys.LastOrDefault(held => Same(held.Key.Name, text));
        if (held is null) return new(state, DfuError.NotFound, $"there is no access key '{text}'");
        var key = held.Key;
        if (key.RevokedAt is { } at) return new(state, DfuError.None, $"'{key.Name}' ({key.Id}) was revoked by {key.RevokedBy} on {Day(at)} already");
        var words = $"'{key.Name}' ({key.Id}) opens nothing any more";
        return new(
            Changed(
                state,
                keys.Replace(held, held with { Key = key with { RevokedAt = now, RevokedBy = by } }),
                new($"key-{key.Id}-revoked", now, by, "keyRevoked", Subject(key), words)),
            DfuError.None,
            words);
    }

    /// <returns>The same when that is known to the hour.</returns>
    public static AccessKeysState Used(AccessKeysState state, string id, DateTimeOffset now)
    {
        var held = state.Ring.Keys.FirstOrDefault(held => held.Key.Id == id);
        if (held is null || now - held.Key.LastUsed < UsedAgain) return state;
        return Changed(state, state.Ring.Keys.Replace(held, held with { Key = held.Key with { LastUsed = now } }), entry: null);
    }

    /// <summary><c>viewer</c>, <c>operator</c> or <c>admin</c>.</summary>
    public static string Word(AccessRole role) => role.ToString().ToLowerInvariant();

    private static string? Flaw(AccessKeysState state, AccessKey key, DateTimeOffset now)
    {
        if (key.Name.Length is 0 or > LongestName || key.Name.Any(char.IsControl)) return $"a key's name has 1 to {LongestName} characters on one line";
        if (!Enum.IsDefined(key.Role)) return "a key is a viewer's, an operator's or an admin's";
        if (key.ExpiresAt <= now) return "a key cannot have expired when it is made";
        if (state.Ring.Keys.Any(held => held.Key.Id == key.Id)) return $"there is a key {key.Id} already: try again";
        return state.Ring.Keys.FirstOrDefault(held => Same(held.Key.Name, key.Name) && held.Key.IsInForce(now)) is { Key: var other }
            ? $"there is a key '{other.Name}' already ({other.Id}): revoke it, or give this one another name"
            : null;
    }

    private static AccessKeysState Changed(AccessKeysState state, ImmutableArray<HeldKey> keys, AuditEntry? entry) => state with
    {
        Ring = new(state.Ring.Revision + 1, keys),
        Untold = entry is null ? state.Untold : state.Untold.Add(entry),
    };

    private static string Subject(AccessKey key) => $"key {key.Id}";

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static string Day(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
