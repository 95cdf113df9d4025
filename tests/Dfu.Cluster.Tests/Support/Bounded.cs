namespace Dfu.Cluster.Tests.Support;

internal static class Bounded
{
    /// <summary>No measure of speed: a machine that is busy with other things may take long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>So that a test fails rather than hangs.</summary>
    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience, TimeProvider.System);

    public static Task Soon(this Task task) => task.WaitAsync(Patience, TimeProvider.System);
}
