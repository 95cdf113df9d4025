using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>What a link runs with.</summary>
/// <param name="Interval">Connection interval, 7.5 ms to 4 s.</param>
/// <param name="Latency">Connection events the peripheral may skip.</param>
/// <param name="SupervisionTimeout">Silence after which the link counts as lost, 100 ms to 32 s.</param>
internal sealed record LinkParameters(TimeSpan Interval, int Latency, TimeSpan SupervisionTimeout);

/// <summary>What a link is sent with and received with: 1 is 1M, 2 is 2M, 3 is coded.</summary>
internal readonly record struct LinkPhy(byte Sent, byte Received);

/// <summary>What a controller can do, as the kernel knows it.</summary>
/// <param name="HciVersion">6 is Bluetooth 4.0, 9 is 5.0.</param>
/// <param name="Phy2M">Null when the kernel does not say.</param>
/// <param name="Selected2M">Whether links may use it.</param>
/// <param name="AclBuffers">Packets the controller queues for all links together; null when the kernel does not say.</param>
internal sealed record ControllerAbilities(
    BluetoothAddress Address, string Name, int HciVersion, int Manufacturer, bool LowEnergy, bool Powered, bool? Phy2M, bool? Selected2M, int? AclBuffers);

/// <summary>
/// The kernel's own side of Bluetooth, beside BlueZ: management socket, monitor and USB. Works as far as this process is permitted to; nothing here
/// throws for want of permission.
/// </summary>
internal interface IKernelBluetooth : IDisposable
{
    /// <summary>Whether controllers may be configured (CAP_NET_ADMIN).</summary>
    bool MayConfigure { get; }

    /// <summary>Whether links' parameters can be seen (CAP_NET_RAW).</summary>
    bool MayMonitor { get; }

    /// <summary>A link ended: controller index, peer, HCI reason. Called on a thread of the kernel side; must not block.</summary>
    /// <remarks>
    /// With CAP_NET_RAW it is the reason the controller gave, for links made while this was open. With CAP_NET_ADMIN alone the kernel tells
    /// classes of reasons only: 0x08, 0x13 (also for 0x14 and 0x15), 0x16, 0x05, or 0x1f where it does not tell. With neither nothing is told.
    /// </remarks>
    event Action<int, BluetoothAddress, byte>? Disconnected;

    /// <summary>
    /// A connect came to nothing before there was a link: controller index, peer where it is known, HCI status. Called on a thread of the kernel
    /// side; must not block.
    /// </summary>
    /// <remarks>
    /// With CAP_NET_RAW it is the status the controller gave. With CAP_NET_ADMIN alone the kernel tells classes of statuses only: 0x09 (also for 0x07 and 0x0d,
    /// all of which say that the controller holds no more links), 0x3e, 0x02 (given up by this host), 0x08, 0x0c, or 0x1f where it does not tell.
    /// With neither nothing is told.
    /// </remarks>
    event Action<int, BluetoothAddress?, byte>? ConnectFailed
    {
        add { }
        remove { }
    }

    /// <summary>What a link of this peer runs with now, as far as it was seen; null when it was not.</summary>
    LinkParameters? InForce(int index, BluetoothAddress peer);

    /// <summary>The PHY of a link of this peer; null unless a change of it was seen.</summary>
    LinkPhy? PhyInForce(int index, BluetoothAddress peer) => null;

    /// <summary>
    /// How long the controller has answered none of the kernel's commands, of which there were two or more; null when it answers, or without
    /// CAP_NET_RAW.
    /// </summary>
    TimeSpan? Silence(int index) => null;

    /// <returns>Null when there is no such controller or it cannot be asked.</returns>
    Task<ControllerAbilities?> AbilitiesAsync(int index, CancellationToken cancellationToken);

    /// <returns>False when it is not permitted or the controller does not answer.</returns>
    Task<bool> SetPoweredAsync(int index, bool on, CancellationToken cancellationToken);

    /// <summary>Says which parameters the next links to this peer are to ask for. Of each controller the newest 32 peers are kept; those that BlueZ
    /// itself had loaded are replaced.
    /// BlueZ may drop or replace them in turn, so this is to be said before every connect.</summary>
    /// <returns>False when it is not permitted or was refused, or when Bluetooth does not allow such parameters.</returns>
    Task<bool> PreferAsync(int index, BluetoothAddress peer, AddressType type, LinkParameters parameters, CancellationToken cancellationToken);

    /// <summary>Lets links use the 2M PHY where the controller has it.</summary>
    /// <returns>False when it is not permitted, was refused or there is none.</returns>
    Task<bool> Prefer2MAsync(int index, CancellationToken cancellationToken);

    /// <summary>Resets the USB device, as plugging it out and in would; it may come back under another index.</summary>
    /// <returns>False when it is not permitted.</returns>
    bool ResetUsb(UsbPlace place);
}
