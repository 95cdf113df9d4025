using Dfu.Cli.Dashboards;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Dashboards;

public sealed class DashboardHomeTests
{
    [Fact]
    public async Task The_first_brings_it_and_starts_it_and_the_second_finds_it()
    {
        using var fake = new FakeDashboard();
        var home = fake.Of(fake.Sdk());
        await using var first = await home.OpenAsync(null, null, CancellationToken.None);
        await using (var second = await home.OpenAsync(null, null, CancellationToken.None))
        {
            Assert.Equal((true, false), (first.IsOurs, second.IsOurs));
            Assert.Equal(first.Address, second.Address);
            Assert.Equal(System.Environment.ProcessId, second.Process);
            await second.StayOpenAsync(CancellationToken.None);
        }

        Assert.False(fake.HasEnded());
        await first.DisposeAsync();
        Assert.True(fake.HasEnded());
        await using var third = await home.OpenAsync(null, null, CancellationToken.None);
        Assert.True(third.IsOurs);
        Assert.Equal(1, fake.Asked);
    }

    [Fact]
    public async Task Two_at_once_bring_it_once_and_share_it()
    {
        using var fake = new FakeDashboard();
        var said = new List<string>();
        var home = fake.Of(fake.Sdk("sleep 0.7"), said);
        var both = await Task.WhenAll(home.OpenAsync(null, null, CancellationToken.None), home.OpenAsync(null, null, CancellationToken.None));
        Assert.Single(both, static one => one.IsOurs);
        Assert.Equal(both[0].Address, both[1].Address);
        Assert.Equal(1, fake.Asked);
        Assert.Equal(["another dfu is about to start the dashboard, waiting for it"], said);
        foreach (var one in both) await one.DisposeAsync();
    }

    [Fact]
    public async Task What_a_killed_process_wrote_down_misleads_nobody()
    {
        using var fake = new FakeDashboard().Install();
        await using (await fake.Of("dotnet").OpenAsync(null, null, CancellationToken.None))
        {
        }

        Assert.True(File.Exists(Path.Combine(fake.Home, "running.json")));
        await using var next = await fake.Of("dotnet").OpenAsync(null, null, CancellationToken.None);
        Assert.True(next.IsOurs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"Process\": 1}")]
    [InlineData("""{"Process": 1, "Address": {"Page": "http://127.0.0.1:1", "OtlpHttp": "http://127.0.0.1:1", "OtlpGrpc": "http://127.0.0.1:1"}}""")]
    public async Task A_file_that_is_damaged_or_leads_nowhere_tells_of_no_dashboard(string content)
    {
        using var fake = new FakeDashboard();
        var file = Path.Combine(fake.Root, "running.json");
        await File.WriteAllTextAsync(file, content);
        Assert.Null(await RunningDashboard.FindAsync(file, CancellationToken.None));
    }

    [Fact]
    public async Task One_that_runs_is_not_taken_for_one_on_another_port()
    {
        using var fake = new FakeDashboard().Install();
        await using var first = await fake.Of("dotnet").OpenAsync(null, null, CancellationToken.None);
        var refused = await Assert.ThrowsAsync<DfuException>(() => fake.Of("dotnet").OpenAsync(1, null, CancellationToken.None));
        Assert.Equal((DfuError.InvalidArgument, ExitCode.Invalid), (refused.Error, ExitCode.Of(refused.Error)));
        Assert.Contains($"runs already (process {System.Environment.ProcessId})", refused.Message, StringComparison.Ordinal);
        await using var same = await fake.Of("dotnet").OpenAsync(first.Address.Page.Port, null, CancellationToken.None);
        Assert.False(same.IsOurs);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_the_folder_to_the_next()
    {
        using var fake = new FakeDashboard { Script = "#!/bin/sh\nexit 1" }.Install();
        for (var i = 0; i < 2; i++)
        {
            var refused = await Assert.ThrowsAsync<DfuException>(() => fake.Of("dotnet").OpenAsync(null, null, CancellationToken.None));
            Assert.Equal(DfuError.DashboardUnavailable, refused.Error);
        }
    }

    [Fact]
    public async Task Who_waits_for_another_can_be_stopped()
    {
        using var fake = new FakeDashboard();
        using var stop = new CancellationTokenSource();
        var home = fake.Of(fake.Sdk("exec sleep 600"));
        var first = home.OpenAsync(null, null, stop.Token);
        var second = home.OpenAsync(null, null, stop.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }
}
