namespace Dfu.Adapters.Bridge.Tests;

/// <summary>Nothing in these tests waits for time to pass; this bound only turns a hang into a failure.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public static Task Soon(this Task task) => task.WaitAsync(Bound, TimeProvider.System);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Bound, TimeProvider.System);

    public static Task Soon(this ValueTask task) => task.AsTask().Soon();

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().Soon();
}
