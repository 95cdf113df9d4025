using Dfu.Cluster.Tests.Support;

namespace Dfu.Cluster.Tests.Storage.Kills;

/// <summary>The short form of <c>./test --scenario storage</c>.</summary>
public sealed class KilledStoreTests
{
    private const int Kills = 12;

    [Fact]
    public async Task Writers_killed_at_random_moments_have_kept_every_write_they_were_told_of()
    {
        using var directory = new TemporaryDirectory();
        var store = new KilledStore(directory.Path, new Random(), most: 100);
        for (var kill = 0; kill < Kills; kill++) await store.KillAsync();
        Assert.True(store.Acknowledged > 0);
    }
}
