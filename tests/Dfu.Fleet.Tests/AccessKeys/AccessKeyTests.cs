using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Tests.AccessKeys;

public sealed class AccessKeyTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);

    private static (HeldKey Held, string Secret) Made(string name, AccessRole role = AccessRole.Operator, DateTimeOffset? expires = null)
    {
        var (id, secret) = AccessSecret.Make();
        return (new(new(id, name, role, Start.AddYears(-3), "anna@line-3") { ExpiresAt = expires }, AccessSecret.HashOf(secret)), secret);
    }

    private static AccessKeysState With(params HeldKey[] keys) =>
        keys.Aggregate(new AccessKeysState(), static (state, key) => AccessKeyChanges.Add(state, key, Start).Next);

    [Fact]
    public void A_secret_names_its_key_and_opens_it_and_nothing_else_does()
    {
        var (held, secret) = Made("ci");
        var (other, foreign) = Made("other");
        var ring = With(held).Ring;
        Assert.Equal(held.Key.Id, ring.Match(secret)?.Id);
        Assert.StartsWith($"dfu_{held.Key.Id}_", secret, StringComparison.Ordinal);
        Assert.Null(ring.Match(foreign));
        Assert.Null(ring.Match(foreign.Replace(other.Key.Id, held.Key.Id, StringComparison.Ordinal)));
        Assert.All(
            (string?[])[null, "", "dfu_", secret[..^1], secret + "A", secret.ToUpperInvariant(), $" {secret}"[..^1], held.Hash, held.Key.Id],
            text => Assert.Null(ring.Match(text)));
        Assert.All(Enumerable.Range(12, 44), i => Assert.Null(ring.Match(secret[..i] + (secret[i] == 'A' ? 'B' : 'A') + secret[(i + 1)..])));
    }

    [Fact]
    public void Secrets_differ_and_carry_256_random_bits()
    {
        var secrets = Enumerable.Range(0, 1000).Select(static _ => AccessSecret.Make()).ToList();
        Assert.Equal(1000, secrets.Select(static made => made.Id).Distinct().Count());
        Assert.Equal(1000, secrets.Select(static made => made.Secret[13..]).Distinct().Count());
        Assert.All(secrets, static made => Assert.Equal(32, System.Buffers.Text.Base64Url.DecodeFromChars(made.Secret.AsSpan(13)).Length));
    }

    [Fact]
    public void What_is_stored_holds_no_secret()
    {
        var (held, secret) = Made("ci");
        var json = FleetJson.Write(With(held));
        Assert.Contains(held.Key.Id, json, StringComparison.Ordinal);
        Assert.DoesNotContain(secret[13..], json, StringComparison.Ordinal);
        Assert.Equal(With(held).Ring.Keys.AsEnumerable(), FleetJson.Read<AccessKeysState>(json).Ring.Keys);
        Assert.DoesNotContain(secret, new NewAccessKey(held.Key, secret).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_in_a_text_is_hidden_but_for_its_id()
    {
        var (id, secret) = AccessSecret.Make();
        Assert.Equal($"GET /x/dfu_{id}_... and dfu_{id}_...!", AccessSecret.Hide($"GET /x/{secret} and {secret}!"));
        Assert.Equal("dfu_nothing", AccessSecret.Hide("dfu_nothing"));
    }

    [Fact]
    public void A_key_is_in_force_until_it_expires_or_is_revoked()
    {
        var (held, secret) = Made("ci", expires: Start.AddDays(90));
        var state = With(held);
        Assert.True(state.Ring.Match(secret)!.IsInForce(Start.AddDays(90).AddTicks(-1)));
        Assert.False(state.Ring.Match(secret)!.IsInForce(Start.AddDays(90)));
        var revoked = AccessKeyChanges.Revoke(state, "CI", "bea@line-3", Start.AddDays(1));
        Assert.Equal(DfuError.None, revoked.Refused);
        Assert.Null(revoked.Next.Ring.InForce(held.Key.Id, Start.AddDays(1)));
        Assert.Equal(("bea@line-3", Start.AddDays(1)), (revoked.Next.Ring.Keys.Single().Key.RevokedBy, revoked.Next.Ring.Keys.Single().Key.RevokedAt));
        Assert.Equal(["keyMade", "keyRevoked"], revoked.Next.Untold.Select(static entry => entry.Action));
        var again = AccessKeyChanges.Revoke(revoked.Next, held.Key.Id, "carl@line-3", Start.AddDays(2));
        Assert.Equal(DfuError.None, again.Refused);
        Assert.Same(revoked.Next, again.Next);
        Assert.Contains("bea@line-3", again.Words, StringComparison.Ordinal);
        Assert.Equal(DfuError.NotFound, AccessKeyChanges.Revoke(state, "ci2", "anna", Start).Refused);
    }

    [Fact]
    public void No_two_keys_in_force_have_the_same_name()
    {
        var state = With(Made("Line 3", expires: Start.AddDays(1)).Held);
        Assert.Equal(DfuError.InvalidArgument, AccessKeyChanges.Add(state, Made(" line 3 ").Held, Start).Refused);
        Assert.Equal(DfuError.None, AccessKeyChanges.Add(state, Made("line 3").Held, Start.AddDays(1)).Refused);
        Assert.Equal(DfuError.None, AccessKeyChanges.Add(AccessKeyChanges.Revoke(state, "line 3", "anna", Start).Next, Made("line 3").Held, Start).Refused);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("two\nlines")]
    [InlineData("\u001b[31mred")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901")]
    public void A_name_is_a_short_line(string name) => Assert.Equal(DfuError.InvalidArgument, AccessKeyChanges.Add(new(), Made(name).Held, Start).Refused);

    [Fact]
    public void A_key_that_has_expired_or_a_role_that_does_not_exist_is_refused()
    {
        Assert.Equal(DfuError.InvalidArgument, AccessKeyChanges.Add(new(), Made("ci", expires: Start).Held, Start).Refused);
        Assert.Equal(DfuError.InvalidArgument, AccessKeyChanges.Add(new(), Made("ci", (AccessRole)7).Held, Start).Refused);
    }

    [Fact]
    public void Keys_that_are_over_make_room_and_keys_in_force_never_do()
    {
        var full = With([.. Enumerable.Range(0, AccessKeyChanges.Most).Select(static n => Made($"key {n}").Held)]);
        Assert.Equal(DfuError.InvalidArgument, AccessKeyChanges.Add(full, Made("one more").Held, Start).Refused);
        var with = AccessKeyChanges.Add(AccessKeyChanges.Revoke(full, "key 500", "anna", Start).Next, Made("one more").Held, Start);
        Assert.Equal(DfuError.None, with.Refused);
        Assert.Equal(AccessKeyChanges.Most, with.Next.Ring.Keys.Length);
        Assert.DoesNotContain(with.Next.Ring.Keys, static held => held.Key.Name == "key 500");
    }

    [Fact]
    public void That_a_key_is_used_is_kept_to_the_hour()
    {
        var (held, _) = Made("ci");
        var used = AccessKeyChanges.Used(With(held), held.Key.Id, Start);
        Assert.Equal(Start, used.Ring.Keys.Single().Key.LastUsed);
        Assert.Same(used, AccessKeyChanges.Used(used, held.Key.Id, Start.AddMinutes(59)));
        Assert.Equal(Start.AddHours(1), AccessKeyChanges.Used(used, held.Key.Id, Start.AddHours(1)).Ring.Keys.Single().Key.LastUsed);
        Assert.Same(used, AccessKeyChanges.Used(used, "nobody22", Start));
    }
}
