using System.Net.Sockets;
using Dfu.Protocol.Errors;

namespace Dfu.Adapters.Bridge.Client;

/// <summary>A radio behind a bridge: <c>bridge:tcp://HOST:PORT</c>. Every opening is a stream, and so a radio, of its own.</summary>
/// <remarks>Two hosts may open one address, each with a radio of its own; a host that wants to be its only owner locks <see cref="Address"/>.</remarks>
public sealed class BridgeAdapterSource : IAdapterSource
{
    private readonly TimeProvider _time;
    private BridgeAdapter? _current;

    /// <param name="spec">See <see cref="BridgeAddress.TryParse"/>.</param>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public BridgeAdapterSource(string spec, TimeProvider time)
    {
        if (!BridgeAddress.TryParse(spec, out var address))
            throw new DfuException(DfuError.InvalidArgument, $"'{spec}' is not a bridge such as bridge:tcp://127.0.0.1:7001");
        (Id, Address, _time) = (spec, address, time);
    }

    public BridgeAdapterSource(BridgeAddress address, TimeProvider time) => (Id, Address, _time) = ($"bridge:{address}", address, time);

    public string Id { get; }

    public BridgeAddress Address { get; }

    /// <summary>Connects and says Hello; at most 15 s.</summary>
    /// <exception cref="DfuException">AdapterNotFound: nobody listens there, it is silent, not a bridge, speaks another version, or has no radio.</exception>
    public async Task<IAdapter> OpenAsync(CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(cancellationToken);
        var adapter = new BridgeAdapter(new NetworkStream(socket, ownsSocket: false), socket, Address, _time);
        try
        {
            await adapter.GreetAsync(cancellationToken);
        }
        catch
        {
            await adapter.DisposeAsync();
            throw;
        }

        _current = adapter;
        return adapter;
    }

    /// <summary>Reopen lets go of the last stream that was opened; a bridge has no power or USB port that it would lend.</summary>
    public async Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken)
    {
        if (step != RecoveryStep.Reopen) return false;
        if (Interlocked.Exchange(ref _current, null) is { } current) await current.DisposeAsync().AsTask().WaitAsync(cancellationToken);
        return true;
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(BridgeTimes.Open, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Address.Host, Address.Port, either.Token);
            SocketSetup.Apply(socket);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            var detail = e switch
            {
                OperationCanceledException => $"no connection to {Address} within {BridgeTimes.Open.TotalSeconds:0} s",
                SocketException s => $"no connection to {Address}: {s.Message}",
                _ => null,
            };
            if (detail is null) throw;
            throw new DfuException(DfuError.AdapterNotFound, detail, e);
        }
    }
}
