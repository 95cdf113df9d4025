using System.Net;
using System.Net.Sockets;

namespace Dfu.Adapters.Bridge.Server;

/// <summary>Serves radios over TCP by bridge.proto: every stream that says Hello gets one of its own.</summary>
/// <remarks>
/// Time is not scaled here; the radio behind may do so. Everything runs on the synchronization context
/// <see cref="StartAsync"/> was called on, so a simulator's single-threaded clock may drive both.
/// </remarks>
/// <param name="openRadio">
/// Called once per stream; what it returns is disposed with the stream, its links before it. A DfuException's text is told
/// to the host.
/// </param>
/// <param name="listen">Port 0 takes a free one.</param>
public sealed class BridgeServer(Func<CancellationToken, Task<IAdapter>> openRadio, IPEndPoint listen, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RadioStream, Task> _streams = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Listens; after <see cref="StopAsync"/> it may be started again.</summary>
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

    /// <summary>Ends everything in order: packets already taken leave the air, links close, hosts are told. Bounded to some seconds.</summary>
    public async Task StopAsync()
    {
        Interlocked.Exchange(ref _listener, null)?.Dispose();
        await _accepting;
        KeyValuePair<RadioStream, Task>[] streams;
        lock (_gate) streams = [.. _streams];
        foreach (var (stream, _) in streams) stream.End();
        await Task.WhenAll(streams.Select(static stream => stream.Value));
    }

    public async ValueTask DisposeAsync() => await StopAsync();

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

        var stream = new RadioStream(new NetworkStream(socket, ownsSocket: false), socket.Close, openRadio, clock);
        lock (_gate) _streams.Add(stream, ServeAsync(stream));
    }

    private async Task ServeAsync(RadioStream stream)
    {
        await Task.Yield();
        await stream.RunAsync();
        lock (_gate) _streams.Remove(stream);
    }
}
