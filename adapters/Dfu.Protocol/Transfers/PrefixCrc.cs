using Dfu.Protocol.Requests;

namespace Dfu.Protocol.Transfers;

/// <summary>CRC-32 of the first bytes of an image; asking for growing prefixes costs each byte once.</summary>
internal sealed class PrefixCrc(ReadOnlyMemory<byte> image)
{
    private int _length;
    private uint _crc;

    public uint Of(long length)
    {
        var from = length < _length ? 0 : _length;
        _crc = Crc32.Continue(from == 0 ? 0 : _crc, image.Span[from..(int)length]);
        _length = (int)length;
        return _crc;
    }
}
