using System.Buffers.Binary;
using System.Text;

namespace Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

/// <summary>Unmarshals little-endian values: variants as what they hold, dictionaries with text keys, other arrays as arrays.</summary>
internal sealed class DBusReader(ReadOnlyMemory<byte> bytes)
{
    private int _at;

    public object[] Read(string signature)
    {
        var values = new List<object>();
        for (var at = 0; at < signature.Length; at = DBusWriter.End(signature, at)) values.Add(ReadOne(signature[at..DBusWriter.End(signature, at)]));
        return [.. values];
    }

    private object ReadOne(string type)
    {
        Align(DBusWriter.AlignmentOf(type[0]));
        switch (type[0])
        {
            case 'y': return Take(1)[0];
            case 'b': return U32() != 0;
            case 'n': return BinaryPrimitives.ReadInt16LittleEndian(Take(2));
            case 'q': return BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
            case 'i' or 'h': return BinaryPrimitives.ReadInt32LittleEndian(Take(4));
            case 'u': return U32();
            case 'x': return BinaryPrimitives.ReadInt64LittleEndian(Take(8));
            case 't': return BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
            case 'd': return BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
            case 's' or 'o': return Text((int)U32());
            case 'g': return Text(Take(1)[0]);
            case 'v': return ReadOne(Text(Take(1)[0]));
            case '(': return Read(type[1..^1]);
            case 'a': return Array(type[1..]);
            default: throw new NotSupportedException($"type {type}");
        }
    }

    private object Array(string element)
    {
        var length = (int)U32();
        Align(DBusWriter.AlignmentOf(element[0]));
        var end = _at + length;
        if (element == "y") return Take(length).ToArray();
        if (element[0] == '{')
        {
            var entries = new Dictionary<string, object>();
            while (_at < end)
            {
                Align(8);
                var key = (string)ReadOne(element[1..2]);
                entries[key] = ReadOne(element[2..^1]);
            }

            return entries;
        }

        var items = new List<object>();
        while (_at < end) items.Add(ReadOne(element));
        return element is "s" or "o" ? items.Cast<string>().ToArray() : items.ToArray();
    }

    private string Text(int length)
    {
        var text = Encoding.UTF8.GetString(Take(length));
        _at++;
        return text;
    }

    private uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private void Align(int boundary) => _at = (_at + boundary - 1) / boundary * boundary;

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = bytes.Span.Slice(_at, count);
        _at += count;
        return taken;
    }
}
