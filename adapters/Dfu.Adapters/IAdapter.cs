using System.Text.Json.Serialization;
using Dfu.Protocol.Links;

namespace Dfu.Adapters;

public enum AddressType
{
    Random = 0,
    Public = 1,
}

/// <summary>One advertisement as one adapter heard it.</summary>
/// <param name="Rssi">Signal strength in dBm, negative.</param>
/// <param name="Name">Advertised name, empty when there is none.</param>
/// <param name="DfuService">Whether service FE59 is advertised: a bootloader, or an application with buttonless DFU.</param>
[method: JsonConstructor] // which its own, empty one would be otherwise: a document without a name was read as one with null for a name
public readonly record struct Advertisement(
    BluetoothAddress Address, AddressType AddressType, int Rssi, string Name, bool DfuService, bool Connectable)
{
    /// <summary>Whether the address was drawn at random and stays, as its two highest bits say: no two devices have consecutive ones but by intent.</summary>
    [JsonIgnore]
    public bool IsRandomStatic => AddressType == AddressType.Random && Address.Value >> 46 == 3;

    /// <summary>What else is advertised that tells what the device is; none when the radio does not say.</summary>
    public OtherServices Others { get; init; }
}

/// <summary>Services besides FE59 that tell what a device is. The numbers are stored.</summary>
[Flags]
public enum OtherServices
{
    None = 0,

    /// <summary>00001530-1212-EFDE-1523-785FEABCDE23: the bootloader of SDK 11 and older, which takes no Secure DFU.</summary>
    LegacyDfu = 1,

    /// <summary>8E400001-F315-4F60-9FB8-838830DAEA50: an application with the buttonless DFU of SDK 12.</summary>
    Sdk12Buttonless = 2,

    /// <summary>6E400001-B5A3-F393-E0A9-E50E24DCCA9E: an application with Nordic's UART.</summary>
    Uart = 4,

    /// <summary>8D53DC1D-1DB7-4CD3-868B-8A527460AA84: an application of the nRF Connect SDK or Zephyr, updated by SMP and MCUboot.</summary>
    Smp = 8,
}

/// <summary>What a connection is asked for.</summary>
public sealed record LinkOptions
{
    /// <summary>From the connect request to discovered characteristics, 1 s to 5 min.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>ATT MTU to ask for, 23 to 517.</summary>
    public int PreferredMtu { get; init; } = 247;
}

/// <summary>An open radio. It owns the hardware until it is disposed or lost; a radio that comes back is opened again and is a new instance.</summary>
public interface IAdapter : IAsyncDisposable
{
    /// <summary>For people: model, address or place.</summary>
    string Name { get; }

    /// <summary>The radio's own address, null when it has none.</summary>
    BluetoothAddress? Address { get; }

    /// <summary>Links the radio can hold at once, 1 and up.</summary>
    int MaxLinks { get; }

    /// <summary>Completes once, with the reason for people, when the radio is gone or unusable; never faults. Its links close with it.</summary>
    Task<string> Lost { get; }

    /// <summary>Scans until cancelled or lost; the same device is heard again and again, several times a second. One scan at a time.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">AdapterLost.</exception>
    IAsyncEnumerable<Advertisement> ScanAsync(CancellationToken cancellationToken);

    /// <summary>Connects and discovers. One connect at a time per adapter: the caller sees to that.</summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">ConnectTimeout, ConnectFailed, AdapterFull or AdapterLost.</exception>
    Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken);
}

/// <summary>A step of the recovery ladder, gentlest first.</summary>
public enum RecoveryStep
{
    /// <summary>Let go of everything and open again.</summary>
    Reopen,
    PowerCycle,
    UsbReset,
}

/// <summary>Where a radio comes from: opens it, and opens it again after it was lost.</summary>
public interface IAdapterSource
{
    /// <summary>The specification the operator wrote, and the adapter's name in reports: <c>bridge:tcp://127.0.0.1:7001</c>.</summary>
    string Id { get; }

    /// <exception cref="Dfu.Protocol.Errors.DfuException">AdapterNotFound or AdapterInUse.</exception>
    Task<IAdapter> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Tries one step of the ladder; false when this kind of radio has no such step.</summary>
    Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken);
}
