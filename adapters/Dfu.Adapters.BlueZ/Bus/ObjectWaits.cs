using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

internal static class ObjectWaits
{
    /// <summary>Waits for changes at or below a path until there is what is looked for.</summary>
    /// <exception cref="TimeoutException">There was not.</exception>
    public static async Task<T> UntilAsync<T>(
        this IBlueZObjects objects, ObjectPath path, Func<T?> look, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) where T : class
    {
        var seen = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var changes = objects.OnChange(path, _ => Look());
        Look();
        return await seen.Task.WithinAsync(timeout, time, cancellationToken);

        void Look()
        {
            if (look() is { } found) seen.TrySetResult(found);
        }
    }
}
