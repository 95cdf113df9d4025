using System.Buffers.Binary;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>Files as people gave them, made of random bytes, and programs for tests to change.</summary>
internal static class Cases
{
    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Data", "cases", file);

    public static FirmwareFile Load(string file, ImageType part) => FirmwareFile.Load(PathOf(file), part);

    /// <summary>Random bytes behind a vector table that is right for this address.</summary>
    public static byte[] Program(uint start, int bytes)
    {
        var program = new byte[bytes];
        new Random(bytes).NextBytes(program);
        BinaryPrimitives.WriteUInt32LittleEndian(program, 0x2000_8000);
        for (var at = 4; at < 16; at += 4) BinaryPrimitives.WriteUInt32LittleEndian(program.AsSpan(at), start + 0x101);
        return program;
    }

    /// <summary>A SoftDevice from 0x1000 on, that says what it is and where it ends.</summary>
    public static byte[] SoftDevice(ushort id, int bytes = 0x4000, uint? end = null)
    {
        var softDevice = Program(0x1000, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(softDevice.AsSpan(0x2004), 0x51B1E5DB);
        BinaryPrimitives.WriteUInt32LittleEndian(softDevice.AsSpan(0x2008), end ?? (uint)(0x1000 + bytes));
        BinaryPrimitives.WriteUInt16LittleEndian(softDevice.AsSpan(0x200C), id);
        return softDevice;
    }
}
