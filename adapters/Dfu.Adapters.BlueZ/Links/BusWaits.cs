using System.Runtime.ExceptionServices;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Calls that somebody stops waiting for.</summary>
internal static class BusWaits
{
    /// <summary>The answer, or what it fails with; an answer that comes too late goes to <paramref name="late"/>, its error nowhere.</summary>
    public static async Task<T> EndsWithinAsync<T>(this Task<T> call, TimeSpan timeout, TimeProvider time, Action<T>? late, CancellationToken cancellationToken)
    {
        (T? Value, Exception? Error) answer;
        try
        {
            answer = await OutcomeAsync(call).WithinAsync(timeout, time, cancellationToken);
        }
        catch
        {
            if (late is not null) _ = LateAsync(call, late);
            throw;
        }

        if (answer.Error is not null) ExceptionDispatchInfo.Throw(answer.Error);
        return answer.Value!;
    }

    public static Task EndsWithinAsync(this Task call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        NothingAsync(call).EndsWithinAsync(timeout, time, null, cancellationToken);

    private static async Task LateAsync<T>(Task<T> call, Action<T> late)
    {
        if (await OutcomeAsync(call) is { Error: null } answer) late(answer.Value!);
    }

    private static async Task<(T? Value, Exception? Error)> OutcomeAsync<T>(Task<T> call)
    {
        try
        {
            return (await call, null);
        }
        catch (Exception e)
        {
            return (default, e);
        }
    }

    private static async Task<bool> NothingAsync(Task call)
    {
        await call;
        return true;
    }
}
