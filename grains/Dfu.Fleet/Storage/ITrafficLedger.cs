using Dfu.Protocol.Links;

namespace Dfu.Fleet.Storage;

/// <summary>Firmware bytes of one device over all runs of a campaign.</summary>
/// <param name="Sent">Bytes handed to a link, repetitions included.</param>
/// <param name="Distinct">Bytes sent at least once: the sum of the images' high-water marks.</param>
public readonly record struct DeviceTraffic(long Sent, long Distinct)
{
    public long Resent => Math.Max(0, Sent - Distinct);
}

/// <summary>The count of one device. <see cref="Sent"/> is called for every packet and makes no system call; any thread may read.</summary>
public interface ITrafficSlot
{
    /// <summary>Bytes [offset, offset + count) of an image were handed to the link.</summary>
    void Sent(int image, long offset, int count);

    DeviceTraffic Read();

    /// <summary>Raises the counts to what a saved state remembers, for a ledger that was lost.</summary>
    void AtLeast(DeviceTraffic traffic);
}

/// <summary>The host's own byte count. It survives the process being killed at any instruction; a power cut may cost its last seconds.</summary>
public interface ITrafficLedger
{
    /// <summary>Counts of another campaign are forgotten; of the same one they are kept.</summary>
    void Begin(string campaign);

    /// <summary>The same slot every time for the same device.</summary>
    ITrafficSlot Slot(BluetoothAddress device);
}
