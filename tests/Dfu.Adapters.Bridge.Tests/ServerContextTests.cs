using System.Collections.Concurrent;
using System.Net;
using Dfu.Adapters.Bridge.Client;
using Dfu.Adapters.Bridge.Server;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>A simulator lives on one thread: the server must call its radios there, time-outs and stream ends included.</summary>
public sealed class ServerContextTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task Radios_are_called_and_cancelled_only_where_the_server_was_started()
    {
        var context = new OneThread();
        var time = new ManualTime();
        var stray = new ConcurrentBag<string>();
        var connecting = new TaskCompletionSource();
        var radio = new FakeRadio();
        radio.OnConnect = async (address, _, token) =>
        {
            Check("connect");
            if (address.Value == 1) return new FakeLink { OnRequest = On("request"), OnPacket = call => On("packet")(call) };
            using var registration = token.Register(() => Check("cancel"));
            connecting.TrySetResult();
            return await FakeRadio.NeverAsync(token);
        };
        var server = new BridgeServer(
            _ =>
            {
                Check("open");
                return Task.FromResult<IAdapter>(radio);
            },
            new IPEndPoint(IPAddress.Loopback, 0),
            time);
        var where = await context.RunAsync(() => server.StartAsync(Ct)).Soon();
        var adapter = await new BridgeAdapterSource($"bridge:tcp://{where}", TimeProvider.System).OpenAsync(Ct).Soon();
        var link = await adapter.ConnectAsync(new BluetoothAddress(1), AddressType.Random, new LinkOptions(), Ct).Soon();
        for (var i = 0; i < 100; i++) await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[4], Ct).Soon();
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, Ct).Soon();

        // Nobody answers: the server's own limit cancels the first connect, the end of the stream the second.
        var first = adapter.ConnectAsync(new BluetoothAddress(2), AddressType.Random, new LinkOptions(), Ct);
        await connecting.Task.Soon();
        await time.PassAsync(new LinkOptions().ConnectTimeout + TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<Exception>(() => first.Soon());
        connecting = new TaskCompletionSource();
        var second = adapter.ConnectAsync(new BluetoothAddress(3), AddressType.Random, new LinkOptions(), Ct);
        await connecting.Task.Soon();
        await context.RunAsync(async () =>
        {
            await server.StopAsync();
            return 0;
        }).Soon();
        await Assert.ThrowsAnyAsync<Exception>(() => second.Soon());
        await radio.Disposed.Soon();
        Assert.Empty(stray);

        void Check(string what)
        {
            if (!context.IsCurrent) stray.Add(what);
        }

        Func<Call, Task> On(string what) => _ =>
        {
            Check(what);
            return Task.CompletedTask;
        };
    }

    /// <summary>Never completed: what is posted late, after a test, is then still run and not an error.</summary>
    private sealed class OneThread : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];
        private readonly Thread _thread;

        public OneThread()
        {
            _thread = new Thread(Pump) { IsBackground = true };
            _thread.Start();
        }

        public bool IsCurrent => Thread.CurrentThread == _thread;

        public Task<T> RunAsync<T>(Func<Task<T>> work)
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(async _ => done.SetResult(await work()), null);
            return done.Task;
        }

        public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

        private void Pump()
        {
            SetSynchronizationContext(this);
            foreach (var (callback, state) in _work.GetConsumingEnumerable()) callback(state);
        }
    }
}
