using System.Net.Sockets;
using Google.Protobuf;

namespace Dfu.Adapters.Bridge.Framing;

/// <summary>The one reading loop of a stream.</summary>
internal static class FrameReader
{
    /// <summary>Hands every message to <paramref name="handle"/> until that says false or the stream ends.</summary>
    /// <param name="ready">Awaited before more is read, so that a side that is behind with its answers takes no more questions.</param>
    /// <returns>Why it ended, for people: a clause such as "it closed the stream".</returns>
    public static async Task<string> RunAsync<T>(
        Stream stream, MessageParser<T> parser, Func<T, ValueTask<bool>> handle, Func<CancellationToken, ValueTask> ready, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var buffer = new FrameBuffer();
        try
        {
            while (true)
            {
                await ready(cancellationToken);
                var read = await stream.ReadAsync(buffer.Free(), cancellationToken);
                if (read == 0) return "it closed the stream";
                buffer.Advance(read);
                while (true)
                {
                    var status = TryTake(buffer, parser, out var message);
                    if (status == FrameStatus.Incomplete) break;
                    if (status == FrameStatus.Malformed) return $"it sent what is not a message of at most {Frame.MaxLength} bytes";
                    if (!await handle(message!)) return "this side ended it";
                }
            }
        }
        catch (OperationCanceledException)
        {
            return "this side ended it";
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return $"the stream broke: {e.Message}";
        }
    }

    private static FrameStatus TryTake<T>(FrameBuffer buffer, MessageParser<T> parser, out T? message)
        where T : class, IMessage<T>
    {
        message = null;
        var status = buffer.TryTake(out var content);
        if (status != FrameStatus.Complete) return status;
        try
        {
            message = parser.ParseFrom(content);
            return FrameStatus.Complete;
        }
        catch (InvalidProtocolBufferException)
        {
            return FrameStatus.Malformed;
        }
    }
}
