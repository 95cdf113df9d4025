using System.Security.Cryptography;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>Init packets field by field, also such as no tool writes; written without the code under test.</summary>
internal sealed record InitPackets
{
    public int Type { get; init; }
    public uint? FwVersion { get; init; } = 2;
    public uint? HwVersion { get; init; } = 52;
    public uint[] SdReq { get; init; } = [0x100];
    public int? SoftDeviceSize { get; init; }
    public int? BootloaderSize { get; init; }
    public int? ApplicationSize { get; init; }
    public bool IsDebug { get; init; }

    /// <summary>Puts a signature in that fits no key; devices without a key take it.</summary>
    public bool Signed { get; init; } = true;

    public static TestImage Application(int bytes, params uint[] sdReq) =>
        new InitPackets { SdReq = sdReq, ApplicationSize = bytes }.Around(Random(bytes));

    /// <summary>Random bytes, and where a SoftDevice says what it is (0x2000) what this one says.</summary>
    public static byte[] SoftDevice(int bytes, ushort id, uint family = 140, uint version = 7_003_000, uint magic = 0x51B1E5DB, int? says = null)
    {
        var image = Random(bytes);
        image[0x2000] = 0x3c;
        BitConverter.GetBytes(magic).CopyTo(image, 0x2004);
        BitConverter.GetBytes(says ?? (bytes + 0x1000 + 0xfff) & ~0xfff).CopyTo(image, 0x2008);
        BitConverter.GetBytes(id).CopyTo(image, 0x200c);
        BitConverter.GetBytes(family).CopyTo(image, 0x2010);
        BitConverter.GetBytes(version).CopyTo(image, 0x2014);
        return image;
    }

    public static byte[] Random(int bytes)
    {
        var image = new byte[bytes];
        new Random(bytes).NextBytes(image);
        return image;
    }

    public TestImage Around(byte[] firmware)
    {
        byte[] init =
        [
            .. Number(1, FwVersion), .. Number(2, HwVersion), .. SdReq.Length == 0 ? [] : Bytes(3, [.. SdReq.SelectMany(id => Varint(id))]),
            .. Number(4, (uint)Type), .. Number(5, (uint?)SoftDeviceSize), .. Number(6, (uint?)BootloaderSize), .. Number(7, (uint?)ApplicationSize),
            .. Bytes(8, [.. Number(1, 3), .. Bytes(2, [.. SHA256.HashData(firmware).Reverse()])]), .. IsDebug ? Number(9, 1) : [],
        ];
        byte[] command = [.. Number(1, 1), .. Bytes(2, init)];
        byte[] packet = Signed ? Bytes(2, [.. Bytes(1, command), .. Number(2, 0), .. Bytes(3, Random(64))]) : Bytes(1, command);
        return new TestImage("made", packet, firmware);
    }

    private static byte[] Number(int field, uint? value) => value is { } number ? [(byte)(field << 3), .. Varint(number)] : [];

    private static byte[] Bytes(int field, byte[] content) => [(byte)((field << 3) | 2), .. Varint((uint)content.Length), .. content];

    private static byte[] Varint(uint value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
