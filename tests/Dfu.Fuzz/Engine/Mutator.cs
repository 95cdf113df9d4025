using System.Buffers.Binary;
using System.Globalization;

namespace Dfu.Fuzz.Engine;

/// <summary>Changes inputs: a few small steps at a time, of the kinds that AFL found to be worth it.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> words, int longest)
{
    private static readonly uint[] Telling =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 1000, 1024, 4095, 4096, 0x7FFF, 0x8000, 0xFFFF, 0x10000,
        0x00FF_FFFF, 0x0100_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFE, 0xFFFF_FFFF,
    ];

    /// <param name="input">Left as it is.</param>
    /// <param name="other">Of which parts may be taken.</param>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var steps = 1 << random.Next(5); steps > 0; steps--) Step(bytes, other);
        if (bytes.Count > longest) bytes.RemoveRange(longest, bytes.Count - longest);
        return [.. bytes];
    }

    private void Step(List<byte> bytes, byte[] other)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        var at = random.Next(bytes.Count);
        switch (random.Next(14))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3:
                bytes[at] += (byte)(random.Next(35) - 17);
                break;
            case 4 or 5:
                Number(bytes, at);
                break;
            case 6:
                bytes.RemoveRange(at, Length(bytes.Count - at));
                break;
            case 7:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, Length(bytes.Count - at)));
                break;
            case 8:
                bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), Length(64)));
                break;
            case 9:
                Put(bytes, at, bytes.GetRange(at = random.Next(bytes.Count), Length(bytes.Count - at)));
                break;
            case 10 or 11 when words.Count > 0:
                var word = words[random.Next(words.Count)];
                if (random.Next(2) == 0) bytes.InsertRange(at, word);
                else Put(bytes, at, word);
                break;
            case 12 when other.Length > 0:
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Length(other.Length - from)).ToArray());
                break;
            case 13 when other.Length > 0:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(Math.Min(at, other.Length)).ToArray());
                break;
            default:
                Digits(bytes, at);
                break;
        }
    }

    /// <summary>A number that often is a limit, in one, two or four bytes, either end first; or what stands there, a little more or less.</summary>
    private void Number(List<byte> bytes, int at)
    {
        var width = 1 << random.Next(3);
        if (at + width > bytes.Count) return;
        Span<byte> number = stackalloc byte[4];
        for (var i = 0; i < width; i++) number[i] = bytes[at + i];
        var little = random.Next(2) == 0;
        var value = random.Next(2) == 0 ? Telling[random.Next(Telling.Length)] : Read(number, width, little) + (uint)(random.Next(65) - 32);
        if (little) BinaryPrimitives.WriteUInt32LittleEndian(number, value);
        else BinaryPrimitives.WriteUInt32BigEndian(number, value << (8 * (4 - width)));
        for (var i = 0; i < width; i++) bytes[at + i] = number[i];
    }

    private static uint Read(ReadOnlySpan<byte> number, int width, bool little) => little
        ? BinaryPrimitives.ReadUInt32LittleEndian(number) & (uint)((1L << (8 * width)) - 1)
        : BinaryPrimitives.ReadUInt32BigEndian(number) >> (8 * (4 - width));

    /// <summary>The decimal number that begins at or behind a place becomes another.</summary>
    private void Digits(List<byte> bytes, int at)
    {
        var from = bytes.FindIndex(at, static b => b is >= (byte)'0' and <= (byte)'9');
        if (from < 0) return;
        var to = bytes.FindIndex(from, static b => b is < (byte)'0' or > (byte)'9');
        bytes.RemoveRange(from, (to < 0 ? bytes.Count : to) - from);
        var number = random.Next(4) == 0 ? "99999999999999999999" : Telling[random.Next(Telling.Length)].ToString(CultureInfo.InvariantCulture);
        bytes.InsertRange(from, number.Select(static digit => (byte)digit));
    }

    private static void Put(List<byte> bytes, int at, IReadOnlyList<byte> what)
    {
        for (var i = 0; i < what.Count && at + i < bytes.Count; i++) bytes[at + i] = what[i];
    }

    /// <summary>Short ones more often.</summary>
    private int Length(int most) => most <= 0 ? 0 : 1 + random.Next(Math.Min(most, 1 << random.Next(1, 10)));
}
