using System.Net;
using System.Net.Sockets;
using Dfu.Cli.Dashboards;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Dashboards;

public sealed class DashboardProcessTests
{
    private static readonly DashboardPorts Any = new(0, 0, 0, []);

    [Fact]
    public async Task It_listens_on_this_machine_only_takes_no_foreign_names_and_ends_when_told_to()
    {
        using var fake = new FakeDashboard().Install();
        var process = await StartAsync(fake, Any);
        Assert.Equal(new Uri(fake.Page), process.Address.Page);
        var environment = fake.Environment();
        Assert.Equal("http://127.0.0.1:0", environment["ASPNETCORE_URLS"]);
        Assert.Equal("http://127.0.0.1:0", environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"]);
        Assert.Equal("http://127.0.0.1:0", environment["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"]);
        Assert.Equal("127.0.0.1;localhost", environment["AllowedHosts"]);
        Assert.Equal("true", environment["DASHBOARD__DEBUGSESSION__TELEMETRYOPTOUT"]);
        Assert.False(fake.HasEnded());
        await process.DisposeAsync();
        Assert.True(fake.HasEnded());
    }

    [Fact]
    public async Task One_that_ends_by_itself_is_told()
    {
        const string Later = "until [ -e end ]; do sleep 0.05; done; echo 'Unhandled exception. No memory.' >&2; exit 3";
        using var fake = new FakeDashboard { Script = Listening("http://127.0.0.1:9", Later) }.Install();
        await using var process = await StartAsync(fake, Any);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(fake.Executable)!, "end"), "");
        var ended = await Assert.ThrowsAsync<DfuException>(() => process.WatchAsync(CancellationToken.None));
        Assert.Equal("the dashboard has ended by itself (exit code 3): Unhandled exception. No memory.", ended.Message);
    }

    [Theory]
    [InlineData("echo 'fail: Host[11]'; echo '      Hosting failed to start'; echo '      at Main()'; exit 102", "exit code 102: Hosting failed to start")]
    [InlineData("echo 'cannot execute binary file' >&2; exit 126", "exit code 126: cannot execute binary file")]
    [InlineData("exit 7", "exit code 7: it said nothing")]
    public async Task One_that_does_not_start_says_why(string script, string why)
    {
        using var fake = new FakeDashboard { Script = $"#!/bin/sh\n{script}" }.Install();
        var refused = await Assert.ThrowsAsync<DfuException>(() => StartAsync(fake, Any));
        Assert.Equal((DfuError.DashboardUnavailable, $"the dashboard does not start, {why}"), (refused.Error, refused.Message));
        Assert.Contains(fake.Executable, refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_never_listens_is_given_up_and_ended()
    {
        using var fake = new FakeDashboard { Script = "#!/bin/sh\necho $$ > process\necho 'thinking'\nexec sleep 600" }.Install();
        var refused = await Assert.ThrowsAsync<DfuException>(
            () => DashboardProcess.StartAsync(fake.Executable, Any, new Hurry(), CancellationToken.None));
        Assert.Equal("the dashboard does not start, after 30 s it did not listen: thinking", refused.Message);
        Assert.True(SpinWait.SpinUntil(fake.HasEnded, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task One_that_does_not_end_is_killed()
    {
        using var fake = new FakeDashboard
        {
            Script = "#!/bin/sh\ntrap '' TERM\necho $$ > process\n" + Listening("http://127.0.0.1:9", "exec sleep 600"),
        }.Install();
        var process = await DashboardProcess.StartAsync(fake.Executable, Any, new Hurry(), CancellationToken.None);
        await process.DisposeAsync();
        Assert.True(SpinWait.SpinUntil(fake.HasEnded, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_usual_port_that_somebody_takes_in_the_last_moment_is_another_then()
    {
        using var fake = new FakeDashboard
        {
            Script = "#!/bin/sh\nif [ \"$ASPNETCORE_URLS\" != http://127.0.0.1:0 ]; then " + InUse("$ASPNETCORE_URLS") + "; fi\n"
                + Listening("http://127.0.0.1:77", "exec sleep 600"),
        }.Install();
        await using var process = await StartAsync(fake, new(18888, 4318, 4317, []));
        Assert.Equal(77, process.Address.Page.Port);
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_is_refused()
    {
        using var fake = new FakeDashboard { Script = "#!/bin/sh\n" + InUse("$ASPNETCORE_URLS") }.Install();
        var refused = await Assert.ThrowsAsync<DfuException>(() => StartAsync(fake, new(18889, 0, 0, [18889])));
        Assert.Equal((DfuError.ListenFailed, ExitCode.Environment), (refused.Error, ExitCode.Of(refused.Error)));
        Assert.Equal("the dashboard cannot listen on http://127.0.0.1:18889: address already in use", refused.Message);
    }

    [Fact]
    public void Ports_that_are_taken_are_left_to_the_system_and_those_asked_for_are_not()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var ports = DashboardPorts.Choose(port, null);
        Assert.Equal(port, ports.Page);
        Assert.Equal(new(port, 0, 0, ports.Asked), ports.Others());
        Assert.Equal((0, 4318, 0), DashboardPorts.Choose(null, 4318).Others() is var others ? (others.Page, others.OtlpHttp, others.OtlpGrpc) : default);
    }

    private static Task<DashboardProcess> StartAsync(FakeDashboard fake, DashboardPorts ports) =>
        DashboardProcess.StartAsync(fake.Executable, ports, TimeProvider.System, CancellationToken.None);

    private static string InUse(string address) => $"echo \"System.IO.IOException: Failed to bind to address {address}: address already in use.\"; exit 102";

    private static string Listening(string address, string then) =>
        $"""
        #!/bin/sh
        echo "      Now listening on: {address}"
        echo "      OTLP/gRPC listening on: {address}"
        echo "      OTLP/HTTP listening on: {address}"
        {then}
        """;

    /// <summary>A hundred times as fast.</summary>
    private sealed class Hurry : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 100 : dueTime, period);
    }
}
