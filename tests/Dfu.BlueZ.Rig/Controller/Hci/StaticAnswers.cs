using System.Security.Cryptography;
using System.Text;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Commands whose answer depends on nothing but what the controller is: those of a host that starts.</summary>
internal sealed class StaticAnswers(ControllerOptions options)
{
    /// <summary>Bluetooth 4.2.</summary>
    public const byte Version = 8;

    /// <summary>Nordic Semiconductor.</summary>
    public const ushort Company = 0x0059;

    /// <summary>Data packets up to 251 bytes; nothing else is simple enough to be worth announcing.</summary>
    public const ulong Features = 0x20;

    public const int AcceptListSize = 32;

    private const int LongestAirTime = 2120;
    private const int NameBytes = 248;

    /// <summary>Octets of supported commands: only what <see cref="Answer"/> and the controller obey.</summary>
    private static readonly byte[] Commands = SupportedCommands();

    /// <summary>The parameters of Command Complete, status first; null when the command is not one of these.</summary>
    public byte[]? Answer(ushort opCode, ReadOnlySpan<byte> parameters) => opCode switch
    {
        HciOpCode.ReadLocalVersion => [0, Version, 0, 0, Version, .. HciEvents.U16(Company), 0, 0],
        HciOpCode.ReadLocalCommands => [0, .. Commands],
        HciOpCode.ReadLocalFeatures => [0, 0, 0, 0, 0, 0x60, 0, 0, 0], // LE, and no BR/EDR
        HciOpCode.ReadBufferSize => [0, .. HciEvents.U16(options.BufferBytes), 0, .. HciEvents.U16(options.Buffers), 0, 0],
        HciOpCode.ReadAddress => [0, .. HciEvents.AddressBytes(options.Address)],
        HciOpCode.ReadLocalName => [0, .. Name()],
        HciOpCode.LeReadBufferSize => [0, .. HciEvents.U16(options.BufferBytes), (byte)options.Buffers],
        HciOpCode.LeReadFeatures => [0, .. HciEvents.U64(Features)],
        HciOpCode.LeReadAdvertisingPower => [0, 0],
        HciOpCode.LeReadAcceptListSize => [0, AcceptListSize],
        HciOpCode.LeRandom => [0, .. RandomNumberGenerator.GetBytes(8)],
        HciOpCode.LeReadStates => [0, .. HciEvents.U64(0x3ff_ffff_ffff)],
        HciOpCode.LeReadMaximumDataLength =>
            [0, .. HciEvents.U16(options.BufferBytes), .. HciEvents.U16(LongestAirTime), .. HciEvents.U16(options.BufferBytes),
                .. HciEvents.U16(LongestAirTime)],
        HciOpCode.LeReadDefaultDataLength => [0, .. HciEvents.U16(options.BufferBytes), .. HciEvents.U16(LongestAirTime)],
        HciOpCode.LeSetDataLength when parameters.Length >= 2 => [0, .. parameters[..2]],
        HciOpCode.ReadRssi when parameters.Length >= 2 => [0, .. parameters[..2], unchecked((byte)-60)],
        HciOpCode.SetEventMask or HciOpCode.SetEventMask2 or HciOpCode.WriteLeHostSupport or HciOpCode.LeSetEventMask or HciOpCode.LeSetRandomAddress
            or HciOpCode.LeSetAdvertisingParameters or HciOpCode.LeSetAdvertisingData or HciOpCode.LeSetScanResponse or HciOpCode.LeSetAdvertising
            or HciOpCode.LeWriteDefaultDataLength => [0],
        _ => null,
    };

    private static byte[] Name()
    {
        var name = new byte[NameBytes];
        Encoding.UTF8.GetBytes("virtual controller", name);
        return name;
    }

    /// <remarks>Volume 2, part E, section 6.27: an octet and a bit for each command.</remarks>
    private static byte[] SupportedCommands()
    {
        var octets = new byte[64];
        octets[0] = 1 << 5; // Disconnect
        octets[2] = 1 << 7; // Read Remote Version
        octets[5] = 0b1100_0000; // Set Event Mask, Reset
        octets[14] = 0b1010_1000; // Read Local Version, Read Local Features, Read Buffer Size
        octets[15] = 0b0010_0010; // Read Address, Read RSSI
        octets[25] = 0b1111_0111; // LE Set Event Mask to LE Set Advertising Data
        octets[26] = 0xff; // LE Set Scan Response to LE Clear Accept List
        octets[27] = 0b1010_0111; // accept list, LE Update Connection, LE Read Remote Features, LE Random
        octets[28] = 1 << 3; // LE Read States
        octets[33] = 0b1100_0000; // LE Set Data Length, LE Read Default Data Length
        octets[34] = 1 << 0; // LE Write Default Data Length
        octets[35] = 1 << 3; // LE Read Maximum Data Length
        return octets;
    }
}
