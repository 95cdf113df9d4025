using System.Runtime.ExceptionServices;
using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>Calls over the bus with an end: the library itself waits for an answer for ever.</summary>
internal static class BusCalls
{
    /// <summary>What comes after the time-out is dropped, also when it is an error.</summary>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    /// <exception cref="DBusException">The answer is an error.</exception>
    /// <exception cref="DisconnectedException">The bus is gone; ObjectDisposedException when this side has let go of it.</exception>
    public static async Task<T> AnsweredAsync<T>(this Task<T> call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var (value, error) = await OutcomeAsync(call).WithinAsync(timeout, time, cancellationToken);
        if (error is not null) ExceptionDispatchInfo.Throw(error);
        return value!;
    }

    /// <inheritdoc cref="AnsweredAsync{T}(Task{T}, TimeSpan, TimeProvider, CancellationToken)"/>
    public static Task AnsweredAsync(this Task call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        NothingAsync(call).AnsweredAsync(timeout, time, cancellationToken);

    /// <summary>An answer that holds something to let go of: one that nobody waits for any more goes to <paramref name="late"/>.</summary>
    /// <inheritdoc cref="AnsweredAsync{T}(Task{T}, TimeSpan, TimeProvider, CancellationToken)"/>
    public static async Task<T> AnsweredAsync<T>(this Task<T> call, TimeSpan timeout, TimeProvider time, Action<T> late, CancellationToken cancellationToken)
    {
        try
        {
            return await call.AnsweredAsync(timeout, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Background.Run("let go of a late answer", LateAsync(call, late));
            throw;
        }
    }

    /// <summary>Whether an exception is one that a call over the bus may end with.</summary>
    public static bool IsBusTrouble(this Exception e) =>
        e is DBusException or DisconnectedException or ConnectException or ProtocolException or TimeoutException or ObjectDisposedException or IOException;

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

    private static async Task LateAsync<T>(Task<T> call, Action<T> late)
    {
        if (await OutcomeAsync(call) is { Error: null, Value: { } value }) late(value);
    }

    private static async Task<bool> NothingAsync(Task call)
    {
        await call;
        return true;
    }
}
