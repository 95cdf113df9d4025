using System.Threading.Channels;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Where a virtual controller is plugged in: HCI packets of a host, each with its type byte first (H4).</summary>
/// <remarks>Disposal is the plug being pulled: the host sees its controller vanish.</remarks>
internal interface IControllerTransport : IAsyncDisposable
{
    /// <summary>What the host sends; completes when the host's side is gone. One reader.</summary>
    ChannelReader<ReadOnlyMemory<byte>> FromHost { get; }

    /// <summary>Gives the host one packet. Does nothing once the host's side is gone.</summary>
    void Send(ReadOnlySpan<byte> packet);
}
