using System.Buffers.Binary;
using Dfu.Protocol.Timing;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Connections that are there: their data, their parameters and their end.</summary>
internal sealed partial class VirtualController
{
    private readonly SortedDictionary<ushort, ControllerLink> _links = [];

    /// <summary>ACL buffers that hold a packet now.</summary>
    public int BuffersInUse { get; private set; }

    public int MostBuffersInUse { get; private set; }

    /// <summary>Packets the host sent although no buffer was free: it did not count.</summary>
    public int PacketsWithoutBuffer { get; private set; }

    private bool TryControlLink(ushort opCode, ReadOnlySpan<byte> parameters)
    {
        switch (opCode)
        {
            case HciOpCode.Reset:
                Reset();
                Complete(opCode, HciStatus.Success);
                return true;
            case HciOpCode.Disconnect or HciOpCode.ReadRemoteVersion or HciOpCode.LeReadRemoteFeatures or HciOpCode.LeUpdateConnection
                when parameters.Length >= 2:
                if (_links.TryGetValue((ushort)(U16(parameters) & 0xfff), out var link)) Control(opCode, link, parameters);
                else Status(opCode, HciStatus.UnknownConnection);
                return true;
            default:
                return false;
        }
    }

    private void Control(ushort opCode, ControllerLink link, ReadOnlySpan<byte> parameters)
    {
        if (opCode == HciOpCode.LeUpdateConnection && parameters.Length < 10)
        {
            Status(opCode, HciStatus.InvalidParameters);
            return;
        }

        Status(opCode);
        switch (opCode)
        {
            case HciOpCode.Disconnect:
                Close(link, null);
                break;
            case HciOpCode.ReadRemoteVersion:
                Send(HciEvents.RemoteVersion(link.Handle, StaticAnswers.Version, StaticAnswers.Company));
                break;
            case HciOpCode.LeReadRemoteFeatures:
                Send(HciEvents.RemoteFeatures(link.Handle, StaticAnswers.Features));
                break;
            default:
                link.Parameters = InForce(link, new ConnectionParameters(U16(parameters[4..]), U16(parameters[6..]), U16(parameters[8..])));
                Send(HciEvents.ConnectionUpdated(link.Handle, link.Parameters));
                break;
        }
    }

    /// <summary>The host starts over: it knows of no link, and is told of none that ends.</summary>
    private void Reset()
    {
        _scans = false;
        _connecting?.Cancel.Cancel();
        _connecting = null;
        Listen();
        _acceptList.Clear();
        BuffersInUse = 0;
        foreach (var link in _links.Values) Background.Run("close a link", link.CloseAsync());
        _links.Clear();
    }

    private async Task RunAsync(ControllerLink link)
    {
        var closure = await link.RunAsync(() => Post(() => Release(link)));
        Post(() => Closed(link, closure.Reason));
    }

    private static void Close(ControllerLink link, byte? reason)
    {
        link.ClosesWith ??= reason;
        Background.Run("close a link", link.CloseAsync());
    }

    private void Closed(ControllerLink link, byte reason)
    {
        if (!IsOpen(link)) return;
        _links.Remove(link.Handle);
        BuffersInUse -= link.Held; // the host takes them back by itself
        Send(HciEvents.Disconnected(link.Handle, link.ClosesWith ?? reason));
        _options.Log($"{link.Peer.Address} disconnected, reason 0x{link.ClosesWith ?? reason:x2}");
        TellIntervals();
    }

    private void Carry(ushort handle, bool continues, ReadOnlySpan<byte> fragment)
    {
        if (!_links.TryGetValue(handle, out var link)) return; // sent before its end was known
        if (BuffersInUse >= _options.Buffers || fragment.Length > _options.BufferBytes)
        {
            PacketsWithoutBuffer++;
            _options.Log($"no buffer for {fragment.Length} bytes");
            return;
        }

        BuffersInUse++;
        link.Held++;
        MostBuffersInUse = Math.Max(MostBuffersInUse, BuffersInUse);
        if (!link.Take(continues, fragment)) Release(link);
    }

    private void Release(ControllerLink link)
    {
        if (!IsOpen(link)) return;
        BuffersInUse--;
        link.Held--;
        Send(HciEvents.PacketsCompleted(link.Handle, 1));
    }

    private void SendData(ControllerLink link, ushort channel, byte[] payload) => Post(() =>
    {
        if (!IsOpen(link)) return;
        foreach (var packet in L2CapAssembler.Cut(link.Handle, channel, payload, _options.BufferBytes)) Send(packet);
    });

    /// <summary>A radio that shares its time among its links changes their intervals as they come and go.</summary>
    private void TellIntervals()
    {
        foreach (var link in _links.Values)
        {
            var now = InForce(link, link.Parameters);
            if (now == link.Parameters) continue;
            link.Parameters = now;
            Send(HciEvents.ConnectionUpdated(link.Handle, now));
        }
    }

    private async Task EndAirAsync()
    {
        _listening?.Cancel();
        _connecting?.Cancel.Cancel();
        _muted?.Cancel();
        await _listener;
        await _connect;
        foreach (var link in _links.Values) await link.CloseAsync();
    }

    private bool IsOpen(ControllerLink link) => _links.TryGetValue(link.Handle, out var open) && ReferenceEquals(open, link);

    /// <summary>The interval is what the link tells; one that does not tell is believed to have what was asked.</summary>
    private static ConnectionParameters InForce(ControllerLink link, ConnectionParameters asked) =>
        link.Link.Interval is { } interval ? asked with { Interval = ConnectionParameters.ToUnits(interval) } : asked;

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
