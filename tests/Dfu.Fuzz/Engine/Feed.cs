using System.Buffers.Binary;
using System.Text;

namespace Dfu.Fuzz.Engine;

/// <summary>Takes decisions and values off an input, for targets that want more than bytes. At its end everything is zero.</summary>
internal sealed class Feed(byte[] input)
{
    private int _at;

    public bool IsEmpty => _at >= input.Length;

    public byte Byte() => IsEmpty ? (byte)0 : input[_at++];

    public bool Flag() => (Byte() & 1) != 0;

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2, pad: true));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4, pad: true));

    public T Choose<T>(params ReadOnlySpan<T> among) => among[Byte() % among.Length];

    /// <summary>So many, or what there is.</summary>
    public byte[] Bytes(int count, bool pad = false)
    {
        var there = input.AsSpan(_at, Math.Min(count, input.Length - _at));
        _at += there.Length;
        var bytes = new byte[pad ? count : there.Length];
        there.CopyTo(bytes);
        return bytes;
    }

    /// <summary>Its length comes first, in one byte.</summary>
    public byte[] Block() => Bytes(Byte());

    /// <summary>Its length comes first, in two bytes.</summary>
    public byte[] LongBlock() => Bytes(U16());

    public string Text() => Encoding.UTF8.GetString(Block());

    public byte[] Rest() => Bytes(input.Length - _at);
}
