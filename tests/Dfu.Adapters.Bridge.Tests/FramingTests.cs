using Dfu.Adapters.Bridge.Framing;
using Dfu.Adapters.Bridge.Wire;
using FsCheck.Xunit;
using Google.Protobuf;

namespace Dfu.Adapters.Bridge.Tests;

public class FramingTests
{
    [Property(MaxTest = 1000)]
    public void No_bytes_make_the_parser_throw(byte[] bytes)
    {
        var status = Frame.TryRead(bytes, out var content, out var consumed);
        Assert.Equal(status == FrameStatus.Complete, consumed > 0);
        Assert.InRange(consumed, content.Length, bytes.Length);
    }

    [Property(MaxTest = 300)]
    public void Any_split_of_the_bytes_gives_the_same_frames(byte[][] contents, int[] cuts)
    {
        var bytes = Framed(contents);
        var buffer = new FrameBuffer();
        var frames = new List<byte[]>();
        var at = 0;
        for (var i = 0; at < bytes.Length; i++)
        {
            var wanted = cuts.Length == 0 ? bytes.Length : 1 + ((cuts[i % cuts.Length] & int.MaxValue) % 9);
            var free = buffer.Free();
            var count = Math.Min(Math.Min(wanted, free.Length), bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(free.Span);
            buffer.Advance(count);
            at += count;
            while (buffer.TryTake(out var content) == FrameStatus.Complete) frames.Add(content.ToArray());
        }

        Assert.Equal(contents, frames);
    }

    [Property(MaxTest = 300)]
    public async Task No_stream_of_bytes_makes_the_reading_loop_throw(byte[][] contents, byte[] tail)
    {
        using var stream = new MemoryStream([.. Framed(contents), .. tail]);
        var reason = await FrameReader.RunAsync(
            stream, ToBridge.Parser, static _ => new ValueTask<bool>(true), static _ => ValueTask.CompletedTask, CancellationToken.None);
        Assert.NotEmpty(reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(65_536)]
    public void A_header_is_protobufs_varint(int length)
    {
        var header = new byte[5];
        var written = Frame.WriteHeader(header, length);
        using var expected = new MemoryStream();
        using (var output = new CodedOutputStream(expected, leaveOpen: true)) output.WriteUInt32((uint)length);
        Assert.Equal(expected.ToArray(), header[..written]);
        Assert.Equal(FrameStatus.Complete, Frame.TryRead([.. header[..written], .. new byte[length]], out var content, out _));
        Assert.Equal(length, content.Length);
    }

    [Theory]
    [InlineData(new byte[] { 0x81, 0x80, 0x04 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0x0f })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 })]
    public void A_length_beyond_65536_or_five_bytes_is_malformed(byte[] bytes) => Assert.Equal(FrameStatus.Malformed, Frame.TryRead(bytes, out _, out _));

    [Fact]
    public void A_length_padded_with_empty_groups_is_read() =>
        Assert.Equal(FrameStatus.Complete, Frame.TryRead([0x80, 0x80, 0x80, 0x80, 0x00], out _, out _));

    [Fact]
    public void Frames_of_the_longest_kind_pass_through_the_buffer()
    {
        var bytes = Framed([new byte[65_536], [1, 2, 3], new byte[65_536]]);
        var buffer = new FrameBuffer();
        var lengths = new List<int>();
        for (var at = 0; at < bytes.Length;)
        {
            var free = buffer.Free();
            Assert.False(free.IsEmpty);
            var count = Math.Min(free.Length, bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(free.Span);
            buffer.Advance(count);
            at += count;
            while (buffer.TryTake(out var content) == FrameStatus.Complete) lengths.Add(content.Length);
        }

        Assert.Equal([65_536, 3, 65_536], lengths);
    }

    private static byte[] Framed(byte[][] contents)
    {
        using var bytes = new MemoryStream();
        var header = new byte[Frame.MaxHeaderLength];
        foreach (var content in contents)
        {
            bytes.Write(header.AsSpan(0, Frame.WriteHeader(header, content.Length)));
            bytes.Write(content);
        }

        return bytes.ToArray();
    }
}
