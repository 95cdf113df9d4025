using System.Collections.Immutable;
using System.Threading.Channels;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Links;

/// <summary>The characteristics an update touches; the numbers are those of the bridge's wire format.</summary>
/// <remarks>UUIDs 8EC9000X-F315-4F60-9FB8-838830DAEA50, except SDK 12's buttonless 8E400001. Number 5 was the firmware revision.</remarks>
public enum DfuCharacteristic
{
    /// <summary>8EC90001: write with response, notify.</summary>
    ControlPoint = 1,

    /// <summary>8EC90002: write without response.</summary>
    Packet = 2,

    /// <summary>8EC90003: write with response, indicate; an application without bonds.</summary>
    Buttonless = 3,

    /// <summary>8EC90004: write with response, indicate; an application with bonds.</summary>
    ButtonlessBonded = 4,

    /// <summary>8E400001: write with response, notify; an application of SDK 12.</summary>
    ButtonlessSdk12 = 6,
}

/// <summary>A value the peripheral sent by notification or indication.</summary>
public readonly record struct LinkNotification(DfuCharacteristic Characteristic, ReadOnlyMemory<byte> Value);

/// <summary>
/// Why a link ended. <paramref name="Reason"/> is an HCI reason code: 0x08 supervision timeout, 0x13 by the peripheral, 0x16 by
/// this host, 0x3e failed to be established.
/// </summary>
public readonly record struct LinkClosure(byte Reason, string? Detail = null)
{
    public const byte SupervisionTimeout = 0x08;
    public const byte RemoteUser = 0x13;
    public const byte LocalHost = 0x16;
    public const byte FailedToEstablish = 0x3e;

    public override string ToString() => Detail is null ? $"0x{Reason:x2}" : $"0x{Reason:x2} ({Detail})";
}

/// <summary>An open connection to one peripheral: moves characteristic values and knows nothing of DFU.</summary>
/// <remarks>
/// Writes and write commands reach the air in the order they were called (see <see cref="KeepsOrder"/>). At most one
/// Subscribe, Write or Read may be outstanding; write commands may be sent meanwhile. After the link has closed every call
/// throws <see cref="DfuException"/> with <see cref="DfuError.LinkLost"/>; what was pending ends the same way.
/// A refused ATT operation throws with <see cref="DfuError.AttError"/> and the status in the exception.
/// Disposal closes the link (reason 0x16) and waits until it is closed.
/// </remarks>
public interface IDfuLink : IAsyncDisposable
{
    /// <summary>ATT MTU in force, 23 to 517.</summary>
    int Mtu { get; }

    IReadOnlySet<DfuCharacteristic> Characteristics { get; }

    /// <summary>What else the peripheral has that can be read; empty where the radio does not tell.</summary>
    IReadOnlySet<Guid> Readable => ImmutableHashSet<Guid>.Empty;

    /// <summary>Connection interval, null when the radio does not tell.</summary>
    TimeSpan? Interval { get; }

    /// <summary>
    /// Whether a Write is sure to reach the air after the write commands called before it. False makes the transfer ask for a CRC
    /// before it executes.
    /// </summary>
    bool KeepsOrder { get; }

    /// <summary>Everything the peripheral sent since the link opened, in order; completes when the link closes. One reader.</summary>
    ChannelReader<LinkNotification> Notifications { get; }

    /// <summary>Completes once, when the link has closed for whatever reason; never faults.</summary>
    Task<LinkClosure> Closed { get; }

    /// <summary>
    /// Encrypts the link by the bond that this radio has with the peripheral. Without one it pairs, asking nobody (Just Works), and keeps the
    /// bond: it is the radio's own, outlives link and process, and no other radio has it. On a link that is encrypted it does nothing.
    /// </summary>
    /// <exception cref="Errors.DfuException">
    /// <see cref="Errors.DfuError.PairingRefused"/>: the peripheral does not take this radio. <see cref="Errors.DfuError.BondRequired"/>: the radio
    /// cannot pair. After either the link may be closed.
    /// </exception>
    Task SecureAsync(CancellationToken cancellationToken);

    /// <summary>Turns on notifications or indications and returns when the peripheral has accepted that.</summary>
    Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken);

    /// <summary>Write with response; returns when the peripheral's ATT layer has acknowledged it.</summary>
    Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);

    /// <summary>Reads a characteristic, one of <see cref="Readable"/>: up to 512 bytes.</summary>
    Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken) =>
        Task.FromException<ReadOnlyMemory<byte>>(new DfuException(DfuError.AttError, $"{characteristic} cannot be read over this link") { AttStatus = 0x0a });

    /// <summary>Write without response; returns when the radio has taken it, waiting while it has no room. The buffer may be reused after that.</summary>
    ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);
}
