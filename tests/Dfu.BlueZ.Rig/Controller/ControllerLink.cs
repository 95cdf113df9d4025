using System.Threading.Channels;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>One connection of a virtual controller: what the host sent goes to the device in order, one buffer after the other.</summary>
internal sealed class ControllerLink
{
    private const ushort AttributeChannel = 0x0004;
    private const ushort SignalingChannel = 0x0005;
    private const ushort SecurityChannel = 0x0006;

    private readonly Channel<byte[]> _work = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly L2CapAssembler _assembler = new();
    private readonly AttServer _server;
    private readonly Action<ushort, byte[]> _send;

    /// <param name="send">Takes an L2CAP channel and a payload for the host, from any thread.</param>
    public ControllerLink(
        ushort handle, PeerAddress peer, IDfuLink link, string name, Action<ControllerLink, ushort, byte[]> send, Action<string> log, TimeProvider time)
    {
        (Handle, Peer, Link) = (handle, peer, link);
        _send = (channel, payload) => send(this, channel, payload);
        _server = new AttServer(link, GattTable.Of(link.Characteristics, name), payload => _send(AttributeChannel, payload), log, time);
    }

    public ushort Handle { get; }

    public PeerAddress Peer { get; }

    public IDfuLink Link { get; }

    /// <summary>In force as the host was told last.</summary>
    public ConnectionParameters Parameters { get; set; }

    /// <summary>Buffers of the controller that this link's packets are in.</summary>
    public int Held { get; set; }

    /// <summary>What the host is told instead of the link's own reason.</summary>
    public byte? ClosesWith { get; set; }

    /// <returns>Whether the fragment stays in its buffer until the packet it ended is taken, see <see cref="RunAsync"/>.</returns>
    public bool Take(bool continues, ReadOnlySpan<byte> fragment)
    {
        if (!_assembler.TryAdd(continues, fragment, out var channel, out var payload)) return false;
        switch (channel)
        {
            case AttributeChannel:
                return _work.Writer.TryWrite(payload);
            case SecurityChannel when payload is [0x01, ..]: // pairing request: pairing failed, not supported
                _send(SecurityChannel, [0x05, 0x05]);
                break;
            case SignalingChannel when payload is [not (0x01 or 0x13), var identifier, ..]: // command reject, not understood
                _send(SignalingChannel, [0x01, identifier, 0x02, 0x00, 0x00, 0x00]);
                break;
        }

        return false;
    }

    /// <summary>Carries both ways until the link has closed.</summary>
    /// <param name="taken">Told for each packet that has left its buffer.</param>
    public async Task<LinkClosure> RunAsync(Action taken)
    {
        var carrying = CarryAsync(taken);
        var closure = await _server.ForwardAsync();
        _work.Writer.TryComplete();
        await carrying;
        return closure;
    }

    public async Task CloseAsync()
    {
        try
        {
            await Link.DisposeAsync();
        }
        catch (DfuException)
        {
            // It has closed all the same.
        }
    }

    private async Task CarryAsync(Action taken)
    {
        while (await _work.Reader.WaitToReadAsync())
        {
            while (_work.Reader.TryRead(out var packet))
            {
                await _server.HandleAsync(packet);
                taken();
            }
        }
    }
}
