using System.Runtime.ExceptionServices;
using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>Calls over the bus with an end: the library itself waits for an answer for ever.</summary>
internal static class BusCalls
{
    /// <summary>How long bluetoothd may take for what it does without asking the radio.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

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

    /// <inheritdoc cref="AnsweredAsync{T}"/>
    public static Task AnsweredAsync(this Task call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        NothingAsync(call).AnsweredAsync(timeout, time, cancellationToken);

    /// <summary>Whether an exception is one that a call over the bus may end with.</summary>
    public static bool IsBusTrouble(this Exception e) => e is DBusException or DisconnectedException or ConnectException or ProtocolException or TimeoutException or ObjectDisposedException or IOException;

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
