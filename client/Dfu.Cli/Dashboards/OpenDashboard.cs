using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;

namespace Dfu.Cli.Dashboards;

/// <summary>A dashboard that runs: one that we run, which ends with this object, or one that another process does.</summary>
internal sealed class OpenDashboard(RunningDashboard running, DashboardProcess? process = null, DataDirectory? held = null)
    : IAsyncDisposable
{
    private int _disposed;

    public DashboardAddress Address => running.Address;

    /// <summary>Whether it ends with this process.</summary>
    public bool IsOurs => process is not null;

    /// <summary>The process that runs it.</summary>
    public int Process => running.Process;

    /// <summary>Ends when it is told to.</summary>
    /// <exception cref="DfuException">DashboardUnavailable: the dashboard has ended before.</exception>
    public async Task StayOpenAsync(CancellationToken stop)
    {
        if (process is null) return;
        try
        {
            await process.WatchAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // That is how it is told.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is null || Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await process.DisposeAsync();
        held?.Dispose();
    }
}
