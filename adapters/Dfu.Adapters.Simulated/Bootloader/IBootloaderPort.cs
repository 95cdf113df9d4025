namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>What the bootloader does to the world around it; the device is behind it, or a test.</summary>
internal interface IBootloaderPort
{
    /// <summary>Sends a notification of the control point.</summary>
    void Notify(byte[] value);

    /// <summary>Closes the link with reason 0x13 as soon as what was notified has been delivered.</summary>
    void Disconnect();

    /// <summary>Resets the chip now; a link that is still open is lost by supervision timeout.</summary>
    void Reset();

    /// <summary>A whole init packet, and an image begun behind it, make room for another init packet.</summary>
    /// <param name="offset">Bytes of the image that were held, with their CRC-32.</param>
    void Replaced(ReadOnlyMemory<byte> initPacket, int offset, uint crc);
}
