using Dfu.Silo.Scan;

namespace Dfu.Cli.Scan;

/// <summary>Who is on the air by what a server's adapters hear, asked again every second.</summary>
internal sealed class ServerScan(IFleetServer fleet, TimeProvider time)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private ScanView _view = new([], [], TimeSpan.Zero);

    /// <param name="length">How long; zero asks once, null goes on until told to stop.</param>
    public async Task RunAsync(TimeSpan? length, CancellationToken stop)
    {
        var begin = time.GetTimestamp();
        try
        {
            while (true)
            {
                var air = await fleet.HeardAsync(stop);
                var listened = length == TimeSpan.Zero ? TimeSpan.Zero : time.GetElapsedTime(begin);
                Volatile.Write(ref _view, new(air.Units, [.. air.Adapters.Select(static id => new ScanRadio(id, ScanRadioState.Listening, ""))], listened));
                if (time.GetElapsedTime(begin) >= length) return;
                await Task.Delay(Again, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What was heard until then is there.
        }
    }

    /// <inheritdoc cref="ScanRun.Snapshot"/>
    public ScanView Snapshot(bool steady)
    {
        var view = Volatile.Read(ref _view);
        return steady
            ? view with { Units = [.. view.Units.OrderBy(static unit => unit.Name, StringComparer.Ordinal).ThenBy(static unit => unit.Address.Value)] }
            : view;
    }
}
