using System.Text.RegularExpressions;

namespace Dfu.Deployment.Tests.Prometheus;

public sealed partial class AlertRulesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, Path.GetDirectoryName(AlertRules.Path)!);
    private static readonly string Tests = Path.Combine(Folder, "alerts.test.yaml");

    [PrometheusFact]
    public async Task Prometheus_takes_the_rules()
    {
        var (code, said) = await PromTool.RunAsync(Folder, "check", "rules", "alerts.yaml");
        Assert.True(code == 0, said);
        Assert.Contains($"{AlertRules.All.Count} rules found", said, StringComparison.Ordinal);
    }

    [PrometheusFact]
    public async Task Every_alert_fires_when_it_should_and_not_before()
    {
        var (code, said) = await PromTool.RunAsync(Folder, "test", "rules", "alerts.test.yaml");
        Assert.True(code == 0, said);
    }

    [Fact]
    public void The_tests_of_the_rules_have_each_alert_firing_and_silent()
    {
        var cases = File.ReadAllText(Tests);
        Assert.All(AlertRules.All, rule =>
        {
            Assert.Matches($@"alertname: {rule.Name}\s+exp_alerts:", cases);
            Assert.Matches($@"alertname: {rule.Name} \}}", cases);
        });
    }

    [Fact]
    public void Every_alert_says_what_it_means_and_where_more_is_said()
    {
        var page = Repository.Read("docs/alerts.md");
        Assert.All(AlertRules.All, rule =>
        {
            Assert.Matches("^Dfu[A-Za-z]+$", rule.Name);
            Assert.Contains(rule.Severity, new[] { "critical", "warning" });
            Assert.Equal($"docs/alerts.md#{rule.Name.ToLowerInvariant()}", rule.Annotations["runbook_url"]);
            Assert.NotEmpty(rule.Annotations["summary"]);
            Assert.EndsWith(".", rule.Annotations["description"], StringComparison.Ordinal);
            Assert.Contains($"\n## {rule.Name}\n\n*{rule.Severity}, ", page, StringComparison.OrdinalIgnoreCase);
        });
        Assert.Equal(AlertRules.All.Select(rule => rule.Name).Order(), Heading().Matches(page).Select(match => match.Groups[1].Value).Order());
    }

    [Fact]
    public void An_alert_that_knows_the_adapter_or_the_member_names_it() => Assert.All(AlertRules.All, rule => Assert.All(
        new[] { "instance", "dfu_adapter_id" }.Where(label => rule.Expression.Contains($"{label}", StringComparison.Ordinal)),
        label => Assert.Contains($"$labels.{label}", rule.Annotations["description"], StringComparison.Ordinal)));

    [Fact]
    public void Rules_use_documented_metrics_and_labels_only() => Assert.All(AlertRules.All, rule =>
    {
        var metrics = PromNames.MetricsOf(rule.Expression).ToList();
        Assert.NotEmpty(metrics);
        Assert.Empty(metrics.Except(PromNames.Own).Except(PromNames.Documented.Keys));
        var labels = metrics.Where(PromNames.Documented.ContainsKey).SelectMany(metric => PromNames.Documented[metric]).Concat(PromNames.OwnLabels).ToList();
        Assert.Empty(PromNames.LabelsOf(rule.Expression).Except(labels));
        Assert.Empty(Named().Matches(rule.Annotations["description"]).Select(match => match.Groups[1].Value).Except(labels));
    });

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex Named();
}
