using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Connections come about.</summary>
internal sealed partial class VirtualController
{
    private const ushort FirstHandle = 0x0040;

    /// <summary>The host's own patience ends a connect; the adapter must not do so before.</summary>
    private static readonly LinkOptions LongPatience = new() { ConnectTimeout = TimeSpan.FromMinutes(5), PreferredMtu = 517 };

    private Connecting? _connecting;
    private Task _connect = Task.CompletedTask;

    private bool TryConnect(ushort opCode, ReadOnlySpan<byte> parameters)
    {
        switch (opCode)
        {
            case HciOpCode.LeCreateConnection:
                CreateConnection(parameters);
                return true;
            case HciOpCode.LeCancelConnection:
                Complete(opCode, _connecting is null ? HciStatus.CommandDisallowed : HciStatus.Success);
                GiveUpConnect(HciStatus.UnknownConnection);
                return true;
            default:
                return false;
        }
    }

    private void CreateConnection(ReadOnlySpan<byte> parameters)
    {
        if (!ConnectRequest.TryParse(parameters, out var request)) Status(HciOpCode.LeCreateConnection, HciStatus.InvalidParameters);
        else if (_connecting is not null) Status(HciOpCode.LeCreateConnection, HciStatus.CommandDisallowed);
        else if (_links.Count >= _adapter.MaxLinks) Status(HciOpCode.LeCreateConnection, HciStatus.ConnectionLimit);
        else
        {
            Status(HciOpCode.LeCreateConnection);
            _connecting = new Connecting(request.Parameters);
            if (request.Peer is { } peer) Connect(_connecting, peer);
            else Listen();
        }
    }

    private void Connect(Connecting connecting, PeerAddress peer)
    {
        connecting.Peer = peer;
        Listen();
        _connect = ConnectAsync(_connect, connecting, peer);
    }

    private async Task ConnectAsync(Task before, Connecting connecting, PeerAddress peer)
    {
        await before; // an adapter has one connect at a time
        try
        {
            var link = await _adapter.ConnectAsync(peer.Address, peer.AddressType, LongPatience, connecting.Cancel.Token);
            if (!Post(() => Connected(connecting, peer, link))) await link.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // The host was told when it cancelled.
        }
        catch (DfuException failure)
        {
            Post(() => ConnectFailed(connecting, failure));
        }
    }

    private void Connected(Connecting connecting, PeerAddress peer, IDfuLink dfuLink)
    {
        var handle = FreeHandle();
        var link = new ControllerLink(handle, peer, dfuLink, _names.GetValueOrDefault(peer, ""), SendData, _options.Log, _time);
        if (!ReferenceEquals(_connecting, connecting))
        {
            Background.Run("close a link", link.CloseAsync());
            return;
        }

        _connecting = null;
        link.Parameters = InForce(link, connecting.Parameters);
        _links.Add(handle, link);
        Send(HciEvents.Connected(HciStatus.Success, handle, peer, link.Parameters));
        _options.Log($"{peer.Address} connected, handle 0x{handle:x4}, MTU {dfuLink.Mtu}");
        Background.Run("run a link", RunAsync(link));
        TellIntervals();
    }

    private void ConnectFailed(Connecting connecting, DfuException failure)
    {
        if (!ReferenceEquals(_connecting, connecting)) return;
        _options.Log($"{connecting.Peer?.Address}: {failure.Message}");
        if (failure.Error == DfuError.ConnectFailed)
        {
            NeverEstablished(connecting);
            return;
        }

        GiveUpConnect(failure.Error switch
        {
            DfuError.AdapterFull => HciStatus.ConnectionLimit,
            DfuError.ConnectTimeout => HciStatus.AdvertisingTimeout,
            _ => HciStatus.FailedToEstablish,
        });
    }

    /// <summary>A controller believes in a connection as soon as it has asked for it; six intervals without an answer later it does not any more.</summary>
    private void NeverEstablished(Connecting connecting)
    {
        _connecting = null;
        var handle = FreeHandle();
        Send(HciEvents.Connected(HciStatus.Success, handle, connecting.Peer ?? default, connecting.Parameters));
        Send(HciEvents.Disconnected(handle, HciStatus.FailedToEstablish));
    }

    private ushort FreeHandle()
    {
        var handle = FirstHandle;
        while (_links.ContainsKey(handle)) handle++;
        return handle;
    }

    /// <summary>Ends a connect under way, if there is one, and tells the host why.</summary>
    private void GiveUpConnect(byte status)
    {
        if (_connecting is not { } connecting) return;
        _connecting = null;
        connecting.Cancel.Cancel();
        Listen();
        Send(HciEvents.Connected(status, 0, connecting.Peer ?? default, default));
    }

    private sealed class Connecting(ConnectionParameters parameters)
    {
        public ConnectionParameters Parameters => parameters;
        public CancellationTokenSource Cancel { get; } = new();

        /// <summary>Null while it waits for somebody of the accept list.</summary>
        public PeerAddress? Peer { get; set; }
    }
}
