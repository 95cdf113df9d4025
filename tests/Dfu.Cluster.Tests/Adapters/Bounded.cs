namespace Dfu.Cluster.Tests.Adapters;

internal static class Bounded
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>So that a test fails rather than hangs.</summary>
    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience, TimeProvider.System);

    public static Task Soon(this Task task) => task.WaitAsync(Patience, TimeProvider.System);
}
