using System.IO.Hashing;

namespace Dfu.Protocol.Transfers;

/// <summary>CRC-32 of the first bytes of an image; asking for growing prefixes costs each byte once.</summary>
internal sealed class PrefixCrc(ReadOnlyMemory<byte> image)
{
    private readonly Crc32 _crc = new();
    private int _length;

    public uint Of(long length)
    {
        if (length < _length)
        {
            _crc.Reset();
            _length = 0;
        }

        _crc.Append(image.Span[_length..(int)length]);
        _length = (int)length;
        return _crc.GetCurrentHashAsUInt32();
    }
}
