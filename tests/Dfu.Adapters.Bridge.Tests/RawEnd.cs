using System.Net;
using System.Net.Sockets;
using Dfu.Adapters.Bridge.Wire;
using Google.Protobuf;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>One end of a stream written with protobuf's own delimited calls, so that our framing is checked against another one.</summary>
internal sealed class RawEnd<TIn, TOut>(Socket socket, MessageParser<TIn> parser) : IDisposable
    where TIn : class, IMessage<TIn>
    where TOut : IMessage<TOut>
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: false);

    public Socket Socket => socket;

    public async Task SendAsync(params TOut[] messages)
    {
        using var bytes = new MemoryStream();
        foreach (var message in messages) message.WriteDelimitedTo(bytes);
        await SendBytesAsync(bytes.ToArray());
    }

    public Task SendBytesAsync(params byte[] bytes) => _stream.WriteAsync(bytes).Soon();

    /// <summary>The next message, or null when the other side has closed the stream.</summary>
    public async Task<TIn?> ReadOrEndAsync()
    {
        var length = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (await ReadBytesAsync(1) is not [var b]) return null;
            length |= (b & 0x7f) << shift;
            if ((b & 0x80) == 0) break;
        }

        return await ReadBytesAsync(length) is { } content ? parser.ParseFrom(content) : null;
    }

    public async Task<TIn> ReadAsync() => await ReadOrEndAsync() ?? throw new InvalidOperationException("the stream has ended");

    public void Break()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private async Task<byte[]?> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        try
        {
            await _stream.ReadExactlyAsync(bytes).Soon();
            return bytes;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

internal static class Raw
{
    public static async Task<RawEnd<FromBridge, ToBridge>> HostAsync(IPEndPoint bridge)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(bridge).Soon();
        return new RawEnd<FromBridge, ToBridge>(socket, FromBridge.Parser);
    }

    public static async Task<RawEnd<FromBridge, ToBridge>> GreetedHostAsync(IPEndPoint bridge)
    {
        var host = await HostAsync(bridge);
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(FromBridge.BodyOneofCase.Hello, (await host.ReadAsync()).BodyCase);
        return host;
    }
}
