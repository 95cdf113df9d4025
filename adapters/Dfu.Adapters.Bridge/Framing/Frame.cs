namespace Dfu.Adapters.Bridge.Framing;

internal enum FrameStatus
{
    Incomplete,
    Complete,

    /// <summary>The bytes cannot be the beginning of a frame: the stream is to be closed.</summary>
    Malformed,
}

/// <summary>One message on the stream: an unsigned varint with the length in bytes, then that many bytes.</summary>
internal static class Frame
{
    /// <summary>The longest message, in bytes, without its length.</summary>
    public const int MaxLength = 65_536;

    /// <summary>A 32-bit varint takes at most five bytes, also when it is padded with empty groups.</summary>
    public const int MaxHeaderLength = 5;

    /// <param name="content">The message, when complete.</param>
    /// <param name="consumed">Bytes taken from the beginning of <paramref name="bytes"/>, when complete.</param>
    public static FrameStatus TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> content, out int consumed)
    {
        content = default;
        consumed = 0;
        ulong length = 0;
        for (var i = 0; i < MaxHeaderLength; i++)
        {
            if (i == bytes.Length) return FrameStatus.Incomplete;
            length |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (length > MaxLength) return FrameStatus.Malformed;
            if ((bytes[i] & 0x80) != 0) continue;
            var rest = bytes[(i + 1)..];
            if (rest.Length < (int)length) return FrameStatus.Incomplete;
            content = rest[..(int)length];
            consumed = i + 1 + (int)length;
            return FrameStatus.Complete;
        }

        return FrameStatus.Malformed;
    }

    /// <summary>Writes a length, 0 to <see cref="MaxLength"/>, and returns the bytes it took, 1 to 3.</summary>
    public static int WriteHeader(Span<byte> target, int length)
    {
        var written = 0;
        while (length > 0x7f)
        {
            target[written++] = (byte)(length | 0x80);
            length >>= 7;
        }

        target[written++] = (byte)length;
        return written;
    }
}
