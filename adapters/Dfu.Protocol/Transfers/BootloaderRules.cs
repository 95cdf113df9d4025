using Dfu.Protocol.Links;

namespace Dfu.Protocol.Transfers;

/// <summary>What follows from the two facts a bootloader shows without being provoked: its init packet maximum and the ATT MTU.</summary>
/// <remarks>SELECT(command) tells 256 up to SDK 15.2 and 512 from 15.3; an MTU above 23 exists from 15.0 on.</remarks>
public readonly record struct BootloaderRules(int InitMax, int Mtu)
{
    /// <summary>Objects of up to this many bytes; the bootloader's own figure (SELECT(data)) is the same on every nRF52.</summary>
    public const int LargestPacket = 244;

    /// <summary>SDK 12 to 14: few flash operations queue, a packet too many rewinds the object.</summary>
    public bool IsOld => InitMax <= 256 && Mtu <= 23;

    /// <summary>EXECUTE(command) of an executed init packet writes the progress to flash (SDK 15.3 and later; docs/bootloader.md F9b).</summary>
    public bool SavesOnExecuteCommand => InitMax >= 512;

    /// <summary>Bytes of a packet: a multiple of 4, because unaligned flash writes fail (F24).</summary>
    public int Payload => Math.Min((Mtu - 3) & ~3, LargestPacket);

    /// <summary>Packets between packet receipt notifications: those of an object, so that the CRC comes with the last one; on old engines 12.</summary>
    public ushort Prn(int objectSize) => (ushort)(IsOld ? 12 : (objectSize + Payload - 1) / Payload);

    /// <summary>Whether EXECUTE may follow the last packet before the CRC is known: a short object is then refused, nothing is lost (F31).</summary>
    public bool ExecutesEarly(IDfuLink link) => !IsOld && link.KeepsOrder;

    /// <summary>SDK 14 may hash the image while writes are still queued (T10).</summary>
    public TimeSpan PauseBeforeLastExecute => IsOld ? TransferTimes.PauseBeforeLastExecute : TimeSpan.Zero;
}
