namespace Dfu.Adapters.Bridge.Framing;

/// <summary>Collects the bytes of a stream and gives them out again frame by frame; grows up to one frame of the longest kind.</summary>
internal sealed class FrameBuffer
{
    private byte[] _bytes = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Room for what is read next, never empty once all complete frames were taken.</summary>
    public Memory<byte> Free()
    {
        if (_start == _end) _start = _end = 0;
        if (_bytes.Length - _end < _bytes.Length / 4)
        {
            var grown = _end - _start > _bytes.Length / 2 ? new byte[_bytes.Length * 2] : _bytes;
            _bytes.AsSpan(_start.._end).CopyTo(grown);
            (_bytes, _start, _end) = (grown, 0, _end - _start);
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>Says that <paramref name="count"/> bytes were put at the beginning of <see cref="Free"/>.</summary>
    public void Advance(int count) => _end += count;

    /// <param name="content">Valid until <see cref="Free"/> is called.</param>
    public FrameStatus TryTake(out ReadOnlySpan<byte> content)
    {
        var status = Frame.TryRead(_bytes.AsSpan(_start.._end), out content, out var consumed);
        _start += consumed;
        return status;
    }
}
