using Dfu.Deployment.Tests.Grafana;

namespace Dfu.Deployment.Tests.Prometheus;

/// <summary>What a real Prometheus made of a running fleet: <see cref="LiveFleet"/> says what happened there.</summary>
[Collection(LiveFleet.Name)]
public sealed class LiveTests(LiveFleet fleet)
{
    [PrometheusFact]
    public void Nothing_fires_before_anything_has_happened_but_that_a_bridge_was_dead_from_the_start() =>
        Assert.Empty(fleet.FiredBefore.Except(["DfuAdapterQuarantined"]));

    [PrometheusFact]
    public void Every_alert_fires_when_its_cause_happens() =>
        Assert.Empty(AlertRules.All.Select(rule => rule.Name).Except(fleet.Fired.Keys.Select(fired => fired.Alert)));

    [PrometheusFact]
    public void An_alert_names_the_adapter_and_the_member_where_it_happened() => Assert.Subset(
        fleet.Fired.Keys.ToHashSet(),
        new HashSet<(string, string?, string?)>
        {
            ("DfuCampaignStopped", null, null),
            ("DfuAdapterQuarantined", LiveFleet.Station, LiveFleet.DeadBridge),
            ("DfuDropsRising", LiveFleet.Station, LiveFleet.Dropping),
            ("DfuLeaseLost", LiveFleet.Line, "bluez:hci7"),
            ("DfuStorageSlow", LiveFleet.Station, null),
            ("DfuStorageFailing", LiveFleet.Line, null),
            ("DfuTargetDown", LiveFleet.Station, null),
            ("DfuMemberSilent", LiveFleet.Station, null),
        });

    [PrometheusFact]
    public async Task Every_query_of_every_dashboard_has_had_a_value() => Assert.Empty(
        await WithoutAsync(Dashboard.All.SelectMany(dashboard => dashboard.Queries).Where(query => query.Kind == "prometheus")));

    [PrometheusFact]
    public async Task Every_variable_of_every_dashboard_has_values()
    {
        foreach (var query in Dashboard.All.SelectMany(dashboard => dashboard.VariableQueries))
        {
            var parts = PromNames.LabelValues().Match(query.Text);
            var values = await fleet.Prometheus.LabelValuesAsync(Filled(parts.Groups[1].Value), parts.Groups["label"].Value);
            Assert.Equal(
                parts.Groups["label"].Value == "instance" ? [LiveFleet.Line, LiveFleet.Station] : LiveFleet.Adapters, values.Order(StringComparer.Ordinal));
        }
    }

    private async Task<List<string>> WithoutAsync(IEnumerable<PanelQuery> queries)
    {
        var without = new List<string>();
        foreach (var query in queries.DistinctBy(query => query.Text))
        {
            if (await fleet.Prometheus.CountAsync(Filled(query.Text), fleet.Since) == 0) without.Add($"{query.Panel}: {query.Text}");
        }

        return without;
    }

    /// <summary>As Grafana fills it for all members and adapters, and a time of half a minute.</summary>
    private static string Filled(string query) => query
        .Replace("$member", $"({LiveFleet.Line}|{LiveFleet.Station})", StringComparison.Ordinal)
        .Replace("$adapter", ".+", StringComparison.Ordinal)
        .Replace("$__rate_interval", "3s", StringComparison.Ordinal)
        .Replace("$__range", "30s", StringComparison.Ordinal);
}
