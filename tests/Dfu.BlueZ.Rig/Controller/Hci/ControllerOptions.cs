using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.VirtualControllers;

internal sealed record ControllerOptions
{
    /// <summary>The public address the controller tells its host.</summary>
    public required BluetoothAddress Address { get; init; }

    /// <summary>ACL buffers that all links share, 1 to 255.</summary>
    public int Buffers { get; init; } = 8;

    /// <summary>Bytes of an ACL buffer, 27 to 251.</summary>
    public int BufferBytes { get; init; } = 251;

    /// <summary>How long a link outlives its silent controller.</summary>
    public TimeSpan SupervisionTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Devices a scan that filters duplicates remembers; whoever comes after pushes the oldest out.</summary>
    public int DuplicateMemory { get; init; } = 16;

    /// <summary>What a developer wants to know: unknown commands, links that come and go.</summary>
    public Action<string> Log { get; init; } = static _ => { };
}
