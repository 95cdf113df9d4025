using System.Text;
using System.Text.Json;
using Dfu.Api;
using Dfu.Api.Events;
using Dfu.Protocol.Errors;
using Dfu.Server.Api.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dfu.Server.Live;

/// <summary>Writes what a feed tells as server-sent events, from where the reader was until it leaves, the server stops or there is no more to tell.</summary>
internal static class EventStream
{
    /// <summary>Written at once; no more than that and what Kestrel buffers is held for a reader that takes nothing.</summary>
    private const int Piece = 16 * 1024;

    /// <summary>How readers that were cut off wait before they come again.</summary>
    private static readonly ReadOnlyMemory<byte> Retry = "retry: 1000\n\n"u8.ToArray();

    /// <param name="seat">Left at the end.</param>
    /// <param name="stopping">The stream ends as if all were told: readers come again, here or elsewhere.</param>
    /// <exception cref="DfuException">There is nothing to follow; nothing was written.</exception>
    public static async Task WriteAsync(LiveFeeds.Seat seat, HttpContext http, CancellationToken stopping)
    {
        using var _ = seat;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var begun = false;
        try
        {
            var turn = await seat.Feed.AfterAsync(0, ended.Token);
            Begin(http);
            begun = true;
            await WriteAsync(http, Retry, ended.Token);
            for (var at = EventPosition.Parse(http.Request.Headers[ApiHeaders.LastEventId]); ; turn = await seat.Feed.AfterAsync(turn, ended.Token))
            {
                if (seat.Feed.TextAfter(at) is null) await WriteAsync(http, EventText.Heartbeat, ended.Token);
                while (seat.Feed.TextAfter(at) is { } text)
                {
                    await WriteAsync(http, text.Bytes, ended.Token);
                    at = text.Next;
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            if (!begun && stopping.IsCancellationRequested) throw new DfuException(DfuError.Interrupted, "this member stops");
        }
        catch (DfuException e) when (begun)
        {
            if (e.Error != DfuError.Interrupted) await WriteAsync(http, Problem(e), http.RequestAborted);
        }
    }

    private static void Begin(HttpContext http)
    {
        http.Response.ContentType = ApiHeaders.EventStream;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would keep events back
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        for (var at = 0; at < bytes.Length; at += Piece)
        {
            await http.Response.BodyWriter.WriteAsync(bytes[at..Math.Min(at + Piece, bytes.Length)], cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static byte[] Problem(DfuException failure)
    {
        var problem = JsonSerializer.Serialize(ApiProblems.Of(failure), ApiJson.Options);
        return Encoding.UTF8.GetBytes($"event: {EventNames.Problem}\ndata: {problem}\n\n");
    }
}
