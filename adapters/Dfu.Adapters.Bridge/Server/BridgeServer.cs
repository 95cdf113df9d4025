using System.Net;
using System.Net.Sockets;

namespace Dfu.Adapters.Bridge.Server;

/// <summary>Serves radios over TCP by bridge.proto: every stream that says Hello gets one of its own.</summary>
/// <remarks>
/// Time is not scaled here; the radio behind may do so. Everything runs on the synchronization context
/// <see cref="StartAsync"/> was called on, so a simulator's single-threaded clock may drive both.
/// </remarks>
/// <param name="openRadio">Called once per stream; what it returns is disposed with the stream, its links before it. A DfuException's text is told to the host.</param>
/// <param name="listen">Port 0 takes a free one.</param>
public sealed class BridgeServer(Func<CancellationToken, Task<IAdapter>> openRadio, IPEndPoint listen, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RadioStream, Task> _streams = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Streams being served, those that are closing included.</summary>
    public int StreamCount
    {
        get
        {
            lock (_gate) return _streams.Count;
        }
    }

    /// <summary>Listens; after <see cref="StopAsync"/> or <see cref="KillAsync"/> it may be started again.</summary>
    /// <returns>The address it is bound to.</returns>
    /// <exception cref="SocketException">The address cannot be bound, e.g. because it is in use.</exception>
    public Task<IPEndPoint> StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_listener is not null) throw new InvalidOperationException("the bridge is listening already");
        var listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(listen);
            listener.Listen();
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        _listener = listener;
        _accepting = AcceptAsync(listener, ContextTime.Here(time));
        return Task.FromResult((IPEndPoint)listener.LocalEndPoint!);
    }

    /// <summary>Takes no more streams; those that are open go on.</summary>
    public void CloseListener()
    {
        Interlocked.Exchange(ref _listener, null)?.Dispose();
    }

    /// <summary>Ends everything in order: packets already taken leave the air, links close, hosts are told. Bounded to some seconds.</summary>
    public async Task StopAsync()
    {
        CloseListener();
        await _accepting;
        await EndAsync(static stream => stream.End());
    }

    /// <summary>Breaks all streams as a crash of the bridge would look to its hosts; the listener stays.</summary>
    /// <remarks>The packets whose credit was taken still leave the air. Returns when the radios are closed.</remarks>
    public Task DropStreamsAsync() => EndAsync(static stream => stream.Abort());

    /// <summary>Closes the listener and breaks all streams: a bridge that died.</summary>
    public async Task KillAsync()
    {
        CloseListener();
        await _accepting;
        await DropStreamsAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task EndAsync(Action<RadioStream> end)
    {
        KeyValuePair<RadioStream, Task>[] streams;
        lock (_gate) streams = [.. _streams];
        foreach (var (stream, _) in streams) end(stream);
        await Task.WhenAll(streams.Select(static stream => stream.Value));
    }

    private async Task AcceptAsync(Socket listener, TimeProvider clock)
    {
        while (true)
        {
            try
            {
                Serve(await listener.AcceptAsync(), clock);
            }
            catch (Exception e) when (e is ObjectDisposedException || (e is SocketException && !ReferenceEquals(_listener, listener)))
            {
                return;
            }
            catch (SocketException)
            {
                // A connection that was gone again, or no descriptors left: neither ends the service.
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock);
            }
        }
    }

    private void Serve(Socket socket, TimeProvider clock)
    {
        try
        {
            SocketSetup.Apply(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new RadioStream(socket, openRadio, clock);
        lock (_gate) _streams.Add(stream, ServeAsync(stream));
    }

    private async Task ServeAsync(RadioStream stream)
    {
        await Task.Yield();
        await stream.RunAsync();
        lock (_gate) _streams.Remove(stream);
    }
}
