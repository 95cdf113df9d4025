using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dfu.Api;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Server.Health;
using Dfu.Server.Tests.Live;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Storage;

namespace Dfu.Server.Tests.Health;

/// <summary>What is told to those who start, stop and choose servers, and how a server stops.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Told_to_stop_a_server_is_not_ready_at_once_finishes_what_is_under_way_and_begins_nothing()
    {
        var directory = Directory.CreateTempSubdirectory("dfu-drained-");
        try
        {
            var served = await ServedFleet.StartAsync(
                "sim:adapters=1,devices=40,mode=app,time-scale=10,seed=7",
                directory: directory.FullName,
                with: static settings => settings with
                {
                    DrainFor = TimeSpan.FromMinutes(5),
                    Policy = new FleetPolicy { MaxTransfersPerAdapter = 2 },
                });
            var (status, ready) = await ReadyAsync(served.Http);
            Assert.True(status == HttpStatusCode.OK, ready.ToString());
            Assert.Equal(["membership", "radios", "storage"], ready.GetProperty("checks").EnumerateObject().Select(static check => check.Name).Order());
            Assert.Equal(HttpStatusCode.OK, (await served.Http.GetAsync("/health/live")).StatusCode);
            var (package, file) = TestPackage.Build();
            await using var campaign = await served.Fleet.StartAsync(
                new() { Package = package, PackageFile = file, Targets = new() { All = true, ScanTime = TimeSpan.FromSeconds(5) } }, CancellationToken.None);
            using var events = new StreamReader(await served.Http.GetStreamAsync($"/api/v1/campaigns/{campaign.Id}/events"));
            while (!campaign.Snapshot().Devices.Any(static device => device.Phase == DevicePhase.Sending))
                Assert.NotNull(await events.ReadLineAsync().Soon());
            served.Stop();
            (status, ready) = await ReadyAsync(served.Http);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, false), (status, ready.GetProperty("ready").GetBoolean()));
            Assert.Equal("it was told to stop", ready.GetProperty("checks").GetProperty("member").GetProperty("detail").GetString());
            while (await events.ReadLineAsync().Soon() is not null)
            {
                // until the stream ends
            }

            await served.Running.Soon();
            Assert.Contains(served.Said, static line => line.Contains("under way may take 300 s to end", StringComparison.Ordinal));
            await served.DisposeAsync();
            await LookAsync(directory.FullName, campaign.Id);
        }
        finally
        {
            directory.Delete(true);
        }
    }

    [Fact]
    public async Task Storage_that_hangs_is_asked_once_and_told_of_in_time()
    {
        var time = new HandTime();
        var (reads, reading) = (0, new TaskCompletionSource());
        var check = new StorageCheck(
            FakeFleet.Answering<IGrainStorage>((_, _) =>
            {
                reads++;
                return reading.Task;
            }),
            Path.GetTempPath(),
            time);
        for (var asked = 0; asked < 3; asked++)
        {
            var found = check.CheckHealthAsync(new(), CancellationToken.None);
            while (time.Armed == 0) await Task.Yield();
            time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal((HealthStatus.Unhealthy, "it has not answered within 2 s"), ((await found.Soon()).Status, (await found).Description));
        }

        Assert.Equal(1, reads);
        reading.SetException(new TimeoutException("Host=db;Password=secret"));
        Assert.Equal("it fails; the log says why", (await check.CheckHealthAsync(new(), CancellationToken.None)).Description);
        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task Without_its_data_directory_a_server_is_not_ready_and_takes_no_package()
    {
        var directory = Directory.CreateTempSubdirectory("dfu-gone-");
        await using var served = await ServedFleet.StartAsync("sim:adapters=1,devices=1", directory: directory.FullName);
        directory.Delete(true);
        var (status, ready) = await ReadyAsync(served.Http);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        var storage = ready.GetProperty("checks").GetProperty("storage");
        Assert.Equal((false, "it fails; the log says why"), (storage.GetProperty("ok").GetBoolean(), storage.GetProperty("detail").GetString()));
        using var content = new ByteArrayContent(TestPackage.Build().File) { Headers = { ContentType = new(ApiHeaders.Zip) } };
        using var answer = await served.Http.PostAsync(ApiRoutes.Packages, content);
        var problem = JsonSerializer.Deserialize<ApiProblem>(await answer.Content.ReadAsStringAsync(), ApiJson.Options)!;
        Assert.Equal(DfuError.DataDirectoryUnusable.Code(), problem.Code);
    }

    /// <summary>A server whose only radio cannot be reached is not ready; it tells what became of the campaign.</summary>
    private static async Task LookAsync(string directory, string id)
    {
        await using var served = await ServedFleet.StartAsync($"bridge:tcp://127.0.0.1:{Silent()}", directory: directory);
        var (status, ready) = await ReadyAsync(served.Http);
        var checks = ready.GetProperty("checks");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.All(["storage", "membership"], name => Assert.True(checks.GetProperty(name).GetProperty("ok").GetBoolean()));
        Assert.StartsWith("0 of 1 open", checks.GetProperty("radios").GetProperty("detail").GetString(), StringComparison.Ordinal);
        await using var campaign = await served.Fleet.FollowAsync(id, CancellationToken.None);
        var devices = campaign.Snapshot().Devices;

        // Refused are those whose grant was on its way when the adapter began to drain.
        var refused = devices.Where(static device => device is { Attempts: 1, Error: DfuError.Interrupted }).ToList();
        Assert.All(refused, static device => Assert.Equal((DevicePhase.Queued, 0L), (device.Phase, device.BytesSent)));
        var begun = devices.Where(static device => device.Attempts > 0).Except(refused).ToList();
        Assert.InRange(begun.Count, 1, devices.Length - 1);
        Assert.All(begun, static device => Assert.Equal((DeviceOutcome.Updated, 1), (device.Outcome, device.Attempts)));
    }

    private static async Task<(HttpStatusCode Status, JsonElement Report)> ReadyAsync(HttpClient http)
    {
        using var answer = await http.GetAsync("/health/ready");
        return (answer.StatusCode, JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>A port at which nobody answers.</summary>
    private static int Silent()
    {
        using var once = new TcpListener(IPAddress.Loopback, 0);
        once.Start();
        return ((IPEndPoint)once.LocalEndpoint).Port;
    }
}
