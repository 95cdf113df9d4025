using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Dfu.Api;
using Dfu.Api.Events;
using Dfu.Cluster.Tests.Support;
using Dfu.Server.Live;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dfu.Server.Tests.Live;

/// <summary>Events over HTTP.</summary>
public sealed class EventStreamTests
{
    private const string Path = "/api/v1/campaigns/x/events";
    private readonly HandTime _time = new();
    private readonly FakeFleet _fleet = new();

    [Fact]
    public async Task A_reader_that_takes_nothing_holds_little_keeps_nobody_up_and_then_gets_what_it_missed_as_one()
    {
        var campaign = _fleet.Add(new(_time, 300));
        await using var feeds = new LiveFeeds(_fleet.Grains, _time);
        using var stop = new CancellationTokenSource();
        var (slow, quick) = (new Taken(), new Taken());
        var streams = new[] { slow, quick }.Select(reader => EventStream.WriteAsync(feeds.OfCampaign("x"), reader.Http, stop.Token)).ToArray();
        var taken = await quick.TakeAsync(300);
        for (var n = 1; n <= 40; n++)
        {
            for (var device = 0; device < 300; device++) campaign.Begin(device, n);
            while (_time.Armed == 0) await Task.Yield();
            _time.Advance(TimeSpan.FromSeconds(3));
            taken += await quick.TakeAsync(300);
        }

        Assert.Equal(12_300, taken);
        Assert.InRange(slow.Waiting, 1, Taken.Most + (16 * 1024));
        var late = await slow.TakeUntilAsync(300, attempts: 40);
        Assert.InRange(late, 300, 1000);
        stop.Cancel();
        await Task.WhenAll(streams).Soon();
    }

    [Fact]
    public async Task Who_follows_again_after_the_server_was_gone_gets_a_snapshot_only_where_the_campaign_is_another_activation()
    {
        var campaign = _fleet.Add(new(_time, 50));
        string id;
        await using (var server = await EventServer.StartAsync(_fleet, _time))
        {
            using var line = await server.ConnectAsync(Path);
            id = (await line.EventAsync())!.Id;
        }

        campaign.Begin(3, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await using var other = await EventServer.StartAsync(_fleet, _time);
        using (var line = await other.ConnectAsync(Path, id))
        {
            var sent = (await line.EventAsync())!;
            Assert.Equal((EventNames.Changes, 3), (sent.Name, Assert.Single(sent.Campaign.Devices).Index));
            campaign.Move();
            await other.PassAsync(0.25);
            sent = (await line.EventAsync())!;
            Assert.Equal((EventNames.Snapshot, 50), (sent.Name, sent.Campaign.Devices.Length));
        }

        using var late = await other.ConnectAsync(Path, id);
        Assert.Equal(EventNames.Snapshot, (await late.EventAsync())!.Name);
    }

    [Fact]
    public async Task A_stream_ends_cleanly_when_the_server_stops()
    {
        _fleet.Add(new(_time, 5));
        await using var server = await EventServer.StartAsync(_fleet, _time);
        using var campaign = await server.ConnectAsync(Path);
        await campaign.EventAsync();
        using var fleet = await server.ConnectAsync("/api/v1/events");
        await fleet.EventAsync();
        await server.StopAsync().Soon();
        Assert.Null(await campaign.EventAsync());
        Assert.Null(await fleet.EventAsync());
    }

    [Fact]
    public async Task A_deleted_campaign_ends_its_stream_with_a_problem_that_names_it()
    {
        var campaign = _fleet.Add(new(_time, 5));
        await using var server = await EventServer.StartAsync(_fleet, _time);
        using var line = await server.ConnectAsync(Path);
        await line.EventAsync();
        campaign.Failure = static () => new KeyNotFoundException();
        await server.PassAsync(0.25);
        var sent = (await line.EventAsync())!;
        var problem = JsonSerializer.Deserialize<ApiProblem>(sent.Data, ApiJson.Options)!;
        Assert.Equal((EventNames.Problem, "there is no campaign x", "notFound"), (sent.Name, problem.Detail, problem.Code));
        Assert.Null(await line.BlockAsync());
    }

    [Fact]
    public async Task A_line_on_which_nothing_happens_is_kept_open()
    {
        var campaign = _fleet.Add(new(_time, 5));
        campaign.Finish();
        await using var server = await EventServer.StartAsync(_fleet, _time);
        using var line = await server.ConnectAsync(Path);
        await line.EventAsync();
        for (var second = 0; second < 16; second++) await server.PassAsync(1);
        Assert.Equal(":", await line.BlockAsync());
    }

    [Fact]
    public async Task The_fleet_is_followed_over_HTTP_and_gone_on_with()
    {
        _fleet.Add(new(_time, 5));
        await using var server = await EventServer.StartAsync(_fleet, _time);
        var reader = new FleetEventReader();
        string id;
        using (var line = await server.ConnectAsync("/api/v1/events"))
        {
            var sent = (await line.EventAsync())!;
            Assert.True(reader.Take(sent.Name, sent.Fleet));
            id = sent.Id;
        }

        _fleet.Add(new(_time, 5, "y"));
        _fleet.Adapters = [new() { Id = "a/b", Limit = 4 }];
        await server.PassAsync(1);
        using (var line = await server.ConnectAsync("/api/v1/events", id))
        {
            var sent = (await line.EventAsync())!;
            Assert.Equal(("y", EventNames.Changes), (Assert.Single(sent.Fleet.Campaigns).Id, sent.Name));
            reader.Take(sent.Name, sent.Fleet);
        }

        Assert.Equal((2, "a/b"), (reader.Campaigns.Length, Assert.Single(reader.Adapters).Id));
    }

    /// <summary>The other end of a response, which takes when it is told to.</summary>
    private sealed class Taken
    {
        public const int Most = 64 * 1024;
        private readonly Pipe _pipe = new(new(pauseWriterThreshold: Most, resumeWriterThreshold: Most / 2, useSynchronizationContext: false));
        private readonly CampaignEventReader _reader = new();
        private string _text = "";

        public Taken() => Http.Features.Set<IHttpResponseBodyFeature>(new Body(_pipe.Writer));

        public HttpContext Http { get; } = new DefaultHttpContext();

        public long Waiting => _pipe.Reader.TryRead(out var read) ? Examined(read) : 0;

        /// <summary>Takes so many rows.</summary>
        public async Task<int> TakeAsync(int rows)
        {
            for (var taken = 0; ;)
            {
                if ((taken += (await EventAsync()).Campaign.Devices.Length) >= rows) return taken;
            }
        }

        /// <summary>Takes rows until all devices are at an attempt.</summary>
        public async Task<int> TakeUntilAsync(int devices, int attempts)
        {
            for (var taken = 0; ;)
            {
                var sent = await EventAsync();
                taken += sent.Campaign.Devices.Length;
                if (_reader.Take(sent.Name, sent.Campaign) is not { } view || view.Devices.Any(device => device.Attempts < attempts)) continue;
                Assert.Equal(devices, view.Devices.Length);
                return taken;
            }
        }

        private sealed class Body(PipeWriter writer) : IHttpResponseBodyFeature
        {
            public Stream Stream => writer.AsStream();

            public PipeWriter Writer => writer;

            public void DisableBuffering()
            {
            }

            public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

            public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
                throw new NotSupportedException();

            public Task CompleteAsync() => Task.CompletedTask;
        }

        private long Examined(ReadResult read)
        {
            _pipe.Reader.AdvanceTo(read.Buffer.Start);
            return read.Buffer.Length;
        }

        private async Task<SentEvent> EventAsync()
        {
            while (true)
            {
                if (_text.IndexOf("\n\n", StringComparison.Ordinal) is >= 0 and var end)
                {
                    var block = _text[..end];
                    _text = _text[(end + 2)..];
                    if (block.StartsWith("id: ", StringComparison.Ordinal)) return SentEvent.Parse(block);
                    continue;
                }

                var read = await _pipe.Reader.ReadAsync().AsTask().Soon();
                _text += Encoding.UTF8.GetString(read.Buffer);
                _pipe.Reader.AdvanceTo(read.Buffer.End);
            }
        }
    }
}
