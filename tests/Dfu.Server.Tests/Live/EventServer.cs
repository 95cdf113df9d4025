using System.Net.Sockets;
using System.Net;
using System.Text;
using Dfu.Api;
using Dfu.Cluster.Tests.Support;
using Dfu.Server.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Server.Tests.Live;

/// <summary>Events of a fleet that a test makes, over HTTP.</summary>
internal sealed class EventServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IPEndPoint _endpoint;
    private readonly HandTime _time;

    private EventServer(WebApplication app, HandTime time)
    {
        (_app, _time) = (app, time);
        var address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        _endpoint = new(IPAddress.Loopback, new Uri(address).Port);
        Feeds = app.Services.GetRequiredService<LiveFeeds>();
    }

    public LiveFeeds Feeds { get; }

    public static async Task<EventServer> StartAsync(FakeFleet fleet, HandTime time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddSingleton(fleet.Grains);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddLiveFeeds();
        var app = builder.Build();
        app.UseRouting();
        app.MapGroup(ApiRoutes.Root).MapEvents();
        await app.StartAsync();
        return new(app, time);
    }

    public Task StopAsync() => _app.StopAsync();

    /// <summary>Waits until the one reader waits, and lets time pass.</summary>
    public async Task PassAsync(double seconds)
    {
        while (_time.Armed == 0) await Task.Yield();
        _time.Advance(TimeSpan.FromSeconds(seconds));
        while (_time.Armed == 0 && Feeds.Count > 0) await Task.Yield();
    }

    public async Task<Line> ConnectAsync(string path, string? lastId = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new(true, 0) };
        await socket.ConnectAsync(_endpoint);
        var last = lastId is null ? "" : $"Last-Event-ID: {lastId}\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: x\r\n{last}\r\n"));
        return new(socket);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    /// <summary>A connection that reads a stream of events, by HTTP 1.0 so that it is not in chunks; the client's end of it is cut off, not closed.</summary>
    public sealed class Line(Socket socket) : IDisposable
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private string _text = "";

        private bool _headerRead;

        /// <summary>The next block of the stream, also one that is only a comment; null at its end.</summary>
        public async Task<string?> BlockAsync()
        {
            while (true)
            {
                if (!_headerRead && _text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var header)
                {
                    Assert.StartsWith("HTTP/1.1 200 OK", _text);
                    Assert.Contains("Content-Type: text/event-stream", _text, StringComparison.Ordinal);
                    (_headerRead, _text) = (true, _text[(header + 4)..]);
                }

                if (_headerRead && _text.IndexOf("\n\n", StringComparison.Ordinal) is >= 0 and var end)
                {
                    var block = _text[..end];
                    _text = _text[(end + 2)..];
                    return block;
                }

                var read = await socket.ReceiveAsync(_buffer).Soon();
                if (read == 0) return null;
                _text += Encoding.UTF8.GetString(_buffer, 0, read);
            }
        }

        public async Task<SentEvent?> EventAsync()
        {
            while (await BlockAsync() is { } block)
            {
                if (block.StartsWith("id: ", StringComparison.Ordinal) || block.StartsWith("event: ", StringComparison.Ordinal)) return SentEvent.Parse(block);
            }

            return null;
        }

        public void Dispose() => socket.Dispose();
    }
}
