using Dfu.Cluster.Tests.Harness;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.AccessKeys;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Cluster.Tests.AccessKeys;

public sealed class AccessKeysGrainTests : OneSiloTest
{
    private IAccessKeysGrain Keys => Cluster.Client.GetGrain<IAccessKeysGrain>(0);

    private GrainServer Fleet => new(Cluster.Client, Time);

    [Fact]
    public async Task Keys_are_durable_when_they_are_answered_and_without_their_secrets()
    {
        var made = await Fleet.CreateAccessKeyAsync(new("ci", AccessRole.Operator, null, "anna@line-3"), CancellationToken.None).Soon();
        await Fleet.CreateAccessKeyAsync(new("tv", AccessRole.Viewer, null, "anna@line-3"), CancellationToken.None).Soon();
        await Cluster.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        var ring = (await Keys.ReadAsync(-1).Soon())!;
        Assert.Equal(["ci", "tv"], ring.Keys.Select(static held => held.Key.Name));
        Assert.Equal(made.Key, ring.Match(made.Secret));
        Assert.Null(await Keys.ReadAsync(ring.Revision).Soon());
        Assert.Equal("anna@line-3", made.Key.MadeBy);
        Assert.DoesNotContain(ring.Keys, held => held.ToString().Contains(made.Secret[13..], StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_is_revoked_is_known_to_be_by_its_name_or_id_and_what_is_refused_changes_nothing()
    {
        var made = await Fleet.CreateAccessKeyAsync(new("ci", AccessRole.Operator, null, "anna@line-3"), CancellationToken.None).Soon();
        var before = (await Keys.ReadAsync(-1).Soon())!.Revision;
        var twice = await Assert.ThrowsAsync<DfuException>(() =>
            Fleet.CreateAccessKeyAsync(new("CI", AccessRole.Admin, null, "bea"), CancellationToken.None).Soon());
        Assert.Contains(made.Key.Id, twice.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DfuException>(() => Fleet.RevokeAccessKeyAsync("nobody", "bea", CancellationToken.None).Soon());
        Assert.Null(await Keys.ReadAsync(before).Soon());

        Assert.Contains("ci", await Fleet.RevokeAccessKeyAsync("Ci", "bea@line-3", CancellationToken.None).Soon(), StringComparison.Ordinal);
        var ring = (await Keys.ReadAsync(before).Soon())!;
        Assert.Null(ring.InForce(made.Key.Id, Time.GetUtcNow()));
        Assert.Equal("bea@line-3", (await Fleet.AccessKeysAsync(CancellationToken.None).Soon()).Single().RevokedBy);
        var audit = await Fleet.AuditAsync($"key {made.Key.Id}", 10, CancellationToken.None).Soon();
        Assert.Equal(["keyRevoked", "keyMade"], audit.Select(static entry => entry.Action));
        Assert.Equal(["bea@line-3", "anna@line-3"], audit.Select(static entry => entry.By));
    }

    [Fact]
    public async Task That_a_key_is_used_is_kept()
    {
        var made = await Fleet.CreateAccessKeyAsync(new("ci", AccessRole.Operator, null, "anna@line-3"), CancellationToken.None).Soon();
        await Keys.UsedAsync(made.Key.Id).Soon();
        await Keys.UsedAsync("nobody22").Soon();
        Assert.Equal(Time.GetUtcNow(), (await Fleet.AccessKeysAsync(CancellationToken.None).Soon()).Single().LastUsed);
    }
}
