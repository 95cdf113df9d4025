using System.Threading.Channels;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>A controller plugged into a host of this process.</summary>
internal sealed class MemoryTransport : IControllerTransport
{
    private readonly Channel<ReadOnlyMemory<byte>> _fromHost = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
    private readonly Channel<ReadOnlyMemory<byte>> _toHost = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();

    public ChannelReader<ReadOnlyMemory<byte>> FromHost => _fromHost.Reader;

    /// <summary>What the controller sends; completes when it is unplugged.</summary>
    public ChannelReader<ReadOnlyMemory<byte>> ToHost => _toHost.Reader;

    public void Send(ReadOnlySpan<byte> packet) => _toHost.Writer.TryWrite(packet.ToArray());

    public void SendFromHost(ReadOnlyMemory<byte> packet) => _fromHost.Writer.TryWrite(packet);

    /// <summary>The host's side is gone.</summary>
    public void EndHost() => _fromHost.Writer.TryComplete();

    public ValueTask DisposeAsync()
    {
        _fromHost.Writer.TryComplete();
        _toHost.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
