using System.Buffers.Binary;

namespace Dfu.Protocol.Packages;

/// <summary>The beginning of a program for Cortex-M: where its stack begins and where it is entered.</summary>
/// <param name="Reset">The address of its first instruction.</param>
internal readonly record struct VectorTable(uint Reset)
{
    private const uint Ram = 0x2000_0000;
    private const uint RamEnd = Ram + (1 << 20);

    /// <param name="image">A program from its start on.</param>
    /// <param name="table">What it says.</param>
    /// <returns>False when it makes no sense: the stack is not in RAM, or one of the first three handlers is no Thumb address in flash.</returns>
    public static bool TryRead(ReadOnlySpan<byte> image, out VectorTable table)
    {
        table = default;
        if (image.Length < 16) return false;
        var stack = BinaryPrimitives.ReadUInt32LittleEndian(image);
        if (stack is <= Ram or > RamEnd || stack % 4 != 0) return false;
        for (var at = 4; at < 16; at += 4)
        {
            var handler = BinaryPrimitives.ReadUInt32LittleEndian(image[at..]);
            if (handler % 2 == 0 || handler >= Flash.Largest) return false;
        }

        table = new(BinaryPrimitives.ReadUInt32LittleEndian(image[4..]) - 1);
        return true;
    }

    /// <summary>Whether a program of so many bytes could have its handlers and begin there.</summary>
    public bool FitsAt(uint start, int bytes) => Reset >= start && Reset < start + (long)bytes;
}
