using Dfu.Cli.Tests.Processes;
using Dfu.Cli.Tests.Telemetry;

namespace Dfu.Cli.Tests.Dashboards;

/// <summary>The command as a process, with a dashboard that was brought before; what it takes comes to a collector of ours.</summary>
public sealed class DashboardCommandTests
{
    [Fact]
    public async Task A_demo_is_seen_on_the_dashboard_that_runs_which_ends_even_when_its_process_is_killed()
    {
        using var collector = new OtlpReceiver();
        using var fake = new FakeDashboard(collector.Endpoint).Install();
        using var dashboard = DfuProcess.StartWith(Variables(fake, ("ASPNETCORE_URLS", "http://0.0.0.0:80"), ("Kestrel__Endpoints__X__Url", "x")), "dashboard");
        Assert.Equal($"dashboard {fake.Page}/", await dashboard.LineAsync(static line => line.StartsWith("dashboard ", StringComparison.Ordinal)));
        Assert.Equal(
            $"export OTEL_EXPORTER_OTLP_ENDPOINT={collector.Endpoint}",
            await dashboard.LineAsync(static line => line.StartsWith("export ", StringComparison.Ordinal)));
        await dashboard.LineAsync(static line => line.EndsWith("Ctrl-C ends it", StringComparison.Ordinal));
        Assert.StartsWith("http://127.0.0.1:", fake.Environment()["ASPNETCORE_URLS"], StringComparison.Ordinal);
        Assert.DoesNotContain("Kestrel__Endpoints__X__Url", fake.Environment().Keys);

        using var demo = DfuProcess.StartWith(Variables(fake), "demo", "--devices", "3", "--size", "20KiB", "--time-scale", "100", "--dashboard");
        var (code, output, error) = await demo.EndAsync();
        Assert.True(code == 0, error);
        Assert.Contains("All 3 devices are updated", output, StringComparison.Ordinal);
        Assert.Contains($"dfu: look at it on the dashboard, {fake.Page}/\n", error, StringComparison.Ordinal);
        Assert.NotEmpty(collector.Spans("Dfu.Fleet"));
        Assert.NotEmpty(collector.Metrics);
        var origin = OtlpReceiver.Tags(collector.Metrics.First().Resources[0].Origin.Attributes);
        Assert.Equal("dfu-demo", origin["service.name"]);
        Assert.Equal(origin, OtlpReceiver.Tags(collector.Traces.First().Resources[0].Origin.Attributes));

        await dashboard.KillAsync();
        Assert.True(SpinWait.SpinUntil(fake.HasEnded, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_demo_that_starts_the_dashboard_keeps_it_open_until_it_is_stopped()
    {
        using var collector = new OtlpReceiver();
        using var fake = new FakeDashboard(collector.Endpoint).Install();
        using var demo = DfuProcess.StartWith(
            Variables(fake, ("OTEL_TRACES_EXPORTER", "none")), "demo", "--devices", "2", "--size", "20KiB", "--time-scale", "100", "--dashboard", "--json");
        await demo.LineAsync(line => line == $"dfu: look at it on the dashboard, {fake.Page}/ - Ctrl-C ends it");
        Assert.False(fake.HasEnded());
        Assert.NotEmpty(collector.Metrics);
        demo.Signal("INT");
        var (code, output, error) = await demo.EndAsync();
        Assert.Equal(0, code);
        Assert.StartsWith("{", output, StringComparison.Ordinal);
        Assert.Contains("dfu: warning: OTEL_TRACES_EXPORTER is set", error, StringComparison.Ordinal);
        Assert.True(fake.HasEnded());
    }

    [Fact]
    public async Task A_server_is_seen_under_its_name_and_takes_its_dashboard_with_it()
    {
        using var collector = new OtlpReceiver();
        using var fake = new FakeDashboard(collector.Endpoint).Install();
        using var bench = new Bench();
        using var server = DfuProcess.StartWith(Variables(fake), "serve", "--name", "line-3", "--urls", "none", "--data-dir", bench["data"], "--dashboard");
        await server.LineAsync(line => line == $"dfu: dashboard {fake.Page}/");
        await server.LineAsync(static line => line.StartsWith("ready ", StringComparison.Ordinal));
        server.Signal("TERM");
        Assert.Equal(0, (await server.EndAsync()).Code);
        Assert.True(fake.HasEnded());
        var origin = OtlpReceiver.Tags(collector.Metrics.First().Resources[0].Origin.Attributes);
        Assert.Equal(("dfu", "line-3"), (origin["service.name"], origin["service.instance.id"]));
    }

    private static Dictionary<string, string> Variables(FakeDashboard fake, params (string Name, string Value)[] more) =>
        more.Append(("XDG_DATA_HOME", fake.Root)).ToDictionary(static pair => pair.Item1, static pair => pair.Item2);
}
