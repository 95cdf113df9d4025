using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>Walks the data records of an Intel HEX text, keeping track of addresses; throws with the line number at the first error.</summary>
internal ref struct HexRecords(ReadOnlySpan<byte> text)
{
    private const int MaxData = 255;

    private readonly Span<byte> _record = new byte[MaxData + 5];
    private ReadOnlySpan<byte> _rest = text;
    private long _base;
    private bool _ended;

    /// <summary>Counted from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Absolute address of the first byte of <see cref="Data"/>.</summary>
    public long Address { get; private set; }

    /// <summary>Valid until the next move.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    public bool MoveNext()
    {
        while (NextLine(out var line))
        {
            if (line.IsEmpty) continue;
            if (_ended) throw Wrong("there is text after the end-of-file record");
            var record = Decode(line);
            var data = record[4..^1];
            switch (record[3])
            {
                case 0x00:
                    Address = _base + ((record[1] << 8) | record[2]);
                    if (Address + data.Length > 1L << 32) throw Wrong("the address is above 32 bits");
                    Data = data;
                    return true;
                case 0x01:
                    Expect(data, 0);
                    _ended = true;
                    break;
                case 0x02:
                    Expect(data, 2);
                    _base = ((data[0] << 8) | data[1]) << 4;
                    break;
                case 0x04:
                    Expect(data, 2);
                    _base = (long)((data[0] << 8) | data[1]) << 16;
                    break;
                case 0x03 or 0x05:
                    Expect(data, 4); // where the program starts: a vector table tells that here
                    break;
                default:
                    throw Wrong($"record type {record[3]:x2} is unknown");
            }
        }

        if (!_ended) throw new DfuException(DfuError.FirmwareInvalid, $"the HEX file is cut short: no end-of-file record after line {Line}");
        return false;
    }

    private bool NextLine(out ReadOnlySpan<byte> line)
    {
        line = default;
        if (_rest.IsEmpty) return false;
        var end = _rest.IndexOfAny((byte)'\n', (byte)'\r');
        line = (end < 0 ? _rest : _rest[..end]).Trim(" \t"u8);
        var next = end < 0 ? _rest.Length : end + 1;
        if (end >= 0 && _rest[end] == '\r' && next < _rest.Length && _rest[next] == '\n') next++;
        _rest = _rest[next..];
        Line++;
        return true;
    }

    /// <summary>The record's bytes: count, address (2), type, data, checksum.</summary>
    private readonly ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> line)
    {
        if (line[0] != ':') throw Wrong("a record begins with a colon");
        var digits = line[1..];
        if (digits.Length % 2 != 0 || digits.Length / 2 > _record.Length) throw Wrong($"a record cannot have {digits.Length} digits");
        byte sum = 0;
        for (var i = 0; i < digits.Length / 2; i++)
        {
            var (high, low) = (Digit(digits[2 * i]), Digit(digits[(2 * i) + 1]));
            _record[i] = (byte)((high << 4) | low);
            sum += _record[i];
        }

        var record = _record[..(digits.Length / 2)];
        if (record.Length < 5 || record.Length != record[0] + 5) throw Wrong("the record's length differs from its byte count");
        return sum == 0 ? record : throw Wrong($"the checksum is {record[^1]:x2}, it should be {(byte)(record[^1] - sum):x2}");
    }

    private readonly int Digit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        _ => throw Wrong("a record has hexadecimal digits only"),
    };

    private readonly void Expect(ReadOnlySpan<byte> data, int length)
    {
        if (data.Length != length) throw Wrong($"a record of this type has {length} data bytes, not {data.Length}");
    }

    private readonly DfuException Wrong(string what) => new(DfuError.FirmwareInvalid, $"line {Line}: {what}");
}
