using Dfu.Cluster.Tests.Support;

namespace Dfu.Server.Tests.Live;

/// <summary>By itself, for it looks at the process's memory.</summary>
[CollectionDefinition(nameof(ReconnectTests), DisableParallelization = true)]
[Collection(nameof(ReconnectTests))]
public sealed class ReconnectTests
{
    private const int Reconnects = 10_000;
    private readonly HandTime _time = new();
    private readonly FakeFleet _fleet = new();

    [Fact]
    public async Task Ten_thousand_reconnects_lose_and_double_nothing_and_leave_nothing_behind()
    {
        var campaign = _fleet.Add(new(_time, 50));
        await using var server = await EventServer.StartAsync(_fleet, _time);
        var id = "";
        long before = 0;
        for (var n = 0; n < Reconnects; n++)
        {
            var changes = n % 20 == 5;
            if (changes)
            {
                campaign.Begin(n % 50, n);
                await server.PassAsync(0.25);
            }

            using var line = await server.ConnectAsync("/api/v1/campaigns/x/events", id);
            await line.BlockAsync();
            var block = await line.BlockAsync();
            if (n == 0 || changes)
            {
                var sent = SentEvent.Parse(block!);
                Assert.Equal(n == 0 ? Enumerable.Range(0, 50) : [n % 50], sent.Campaign.Devices.Select(static row => row.Index));
                Assert.Equal(n, sent.Campaign.Devices[^1].View.Attempts);
                id = sent.Id;
            }
            else
            {
                Assert.Equal(":", block);
            }

            if (n == 1000) before = GC.GetTotalMemory(forceFullCollection: true);
        }

        while (server.Feeds.Followers > 0) await Task.Yield();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4_000_000);
        Assert.Equal(1, server.Feeds.Count);
        for (var quarter = 0; quarter < 21 && server.Feeds.Count > 0; quarter++) await server.PassAsync(0.25);
        Assert.Equal(0, server.Feeds.Count);
    }
}
