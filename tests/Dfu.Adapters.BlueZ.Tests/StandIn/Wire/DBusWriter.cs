using System.Buffers.Binary;
using System.Collections;
using System.Text;

namespace Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

/// <summary>Marshals values, little-endian. Paths and signatures are strings, arrays are enumerables or dictionaries, file descriptors are indices.</summary>
internal sealed class DBusWriter
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public void Write(string signature, params ReadOnlySpan<object> values)
    {
        var at = 0;
        foreach (var value in values)
        {
            WriteOne(signature[at..End(signature, at)], value);
            at = End(signature, at);
        }

        if (at != signature.Length) throw new ArgumentException($"fewer values than types in {signature}", nameof(values));
    }

    public void Align(int boundary)
    {
        while (_bytes.Count % boundary != 0) _bytes.Add(0);
    }

    /// <summary>Where the complete type that begins at a place ends.</summary>
    internal static int End(string signature, int at)
    {
        switch (signature[at])
        {
            case 'a':
                return End(signature, at + 1);
            case '(' or '{':
                var close = signature[at] == '(' ? ')' : '}';
                for (at++; signature[at] != close; at = End(signature, at)) ;
                return at + 1;
            default:
                return at + 1;
        }
    }

    internal static int AlignmentOf(char type) => type switch
    {
        'y' or 'g' or 'v' => 1,
        'n' or 'q' => 2,
        'x' or 't' or 'd' or '(' or '{' => 8,
        _ => 4,
    };

    private void WriteOne(string type, object value)
    {
        Align(AlignmentOf(type[0]));
        switch (type[0])
        {
            case 'y': _bytes.Add((byte)value); break;
            case 'b': U32((bool)value ? 1u : 0u); break;
            case 'n': U16(unchecked((ushort)(short)value)); break;
            case 'q': U16((ushort)value); break;
            case 'i': U32(unchecked((uint)(int)value)); break;
            case 'u': U32((uint)value); break;
            case 'h': U32(unchecked((uint)(int)value)); break;
            case 's' or 'o': Text((string)value); break;
            case 'g': Signature((string)value); break;
            case 'v':
                var variant = (Variant)value;
                Signature(variant.Signature);
                WriteOne(variant.Signature, variant.Value);
                break;
            case 'a': Array(type[1..], value); break;
            case '(':
                var at = 1;
                foreach (var member in (object[])value)
                {
                    WriteOne(type[at..End(type, at)], member);
                    at = End(type, at);
                }

                break;
            default: throw new NotSupportedException($"type {type}");
        }
    }

    private void Array(string element, object value)
    {
        var lengthAt = _bytes.Count;
        U32(0);
        Align(AlignmentOf(element[0]));
        var start = _bytes.Count;
        if (value is byte[] bytes && element == "y")
        {
            _bytes.AddRange(bytes);
        }
        else if (element[0] == '{')
        {
            var (key, content) = (element[1..2], element[2..^1]);
            foreach (DictionaryEntry entry in (IDictionary)value)
            {
                Align(8);
                WriteOne(key, entry.Key);
                WriteOne(content, entry.Value!);
            }
        }
        else
        {
            foreach (var item in (IEnumerable)value) WriteOne(element, item);
        }

        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, _bytes.Count - start);
        for (var i = 0; i < 4; i++) _bytes[lengthAt + i] = length[i];
    }

    private void Text(string value)
    {
        U32((uint)Encoding.UTF8.GetByteCount(value));
        _bytes.AddRange(Encoding.UTF8.GetBytes(value));
        _bytes.Add(0);
    }

    private void Signature(string value)
    {
        _bytes.Add((byte)value.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        _bytes.Add(0);
    }

    private void U16(ushort value)
    {
        _bytes.Add((byte)value);
        _bytes.Add((byte)(value >> 8));
    }

    private void U32(uint value)
    {
        U16((ushort)value);
        U16((ushort)(value >> 16));
    }
}
