using System.Collections.Concurrent;
using System.Diagnostics;
using Dfu.Cluster.Tests.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Telemetry;

/// <summary>Other tests run in this process: spans are known by their campaign's package.</summary>
public sealed class CampaignSpanTests : IDisposable
{
    private const char OwnPackage = '7';

    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public CampaignSpanTests()
    {
        _listener = new()
        {
            ShouldListenTo = static source => source.Name == FleetActivities.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("dfu.package.id") is string package && package[0] == OwnPackage) _ended.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_campaign_that_moves_goes_on_in_its_trace_and_its_devices_keep_their_parent()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(2, package: OwnPackage));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device was called");
        var parent = cluster.Parts.Device(1).Traces.Last();
        Assert.NotNull(parent);
        Assert.Empty(_ended);

        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        var first = Assert.Single(_ended);
        Assert.Equal(parent, first.Id);
        Assert.Equal(("interrupted", false), (first.GetTagItem("dfu.outcome"), first.GetTagItem("dfu.campaign.goes_on")));

        var before = cluster.Parts.Device(1).Joins;
        await cluster.ViewAsync(campaign);
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > before, "the device was called again");
        Assert.Equal(parent, cluster.Parts.Device(1).Traces.Last());

        await cluster.EndAllAsync(campaign, 2);
        await cluster.UntilAsync(() => _ended.Count == 2, "the span of the other activation");
        var second = _ended.Last();
        Assert.Equal((first.TraceId, first.SpanId), (second.TraceId, second.ParentSpanId));
        Assert.Equal(("succeeded", true), (second.GetTagItem("dfu.outcome"), second.GetTagItem("dfu.campaign.goes_on")));
        Assert.Equal(2, second.GetTagItem("dfu.campaign.devices"));
    }

    [Fact]
    public async Task A_campaign_that_was_over_and_is_asked_for_again_has_a_trace_of_its_own()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var order = CampaignCluster.Order(1, package: OwnPackage);
        var campaign = await cluster.BeginAsync(order);
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device was called");
        await cluster.EndAllAsync(campaign, 1, DeviceOutcome.Failed, DfuError.LinkLost);
        await cluster.UntilAsync(() => _ended.Count == 1, "the span of the first run");
        var first = _ended.First();
        Assert.Equal(("failed", ActivityStatusCode.Error), (first.GetTagItem("dfu.outcome"), first.Status));

        Assert.Equal(campaign, await cluster.BeginAsync(order));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Retries > 0, "the device was told to try again");
        Assert.DoesNotContain(first.TraceId.ToHexString(), cluster.Parts.Device(1).Traces.Last()!, StringComparison.Ordinal);
        await cluster.EndAllAsync(campaign, 1);
        await cluster.UntilAsync(() => _ended.Count == 2, "the span of the second run");
        var second = _ended.Last();
        Assert.Equal(second.Id, cluster.Parts.Device(1).Traces.Last());
        Assert.Equal((default, true), (second.ParentSpanId, second.GetTagItem("dfu.campaign.goes_on")));
    }
}
