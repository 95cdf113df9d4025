using Dfu.Protocol.Errors;

namespace Dfu.Server.Live;

/// <summary>Reads campaigns and adapters.</summary>
internal sealed class FleetFeed(IGrainFactory grains, FleetReading reading, TimeProvider time) : Feed(reading.Board, time)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public FleetBoard Board => reading.Board;

    protected override Task<bool> ReadAsync(CancellationToken cancellationToken) =>
        reading.ReadAsync(grains, LongestCall, Time, Gate, cancellationToken);

    protected override TimeSpan Pause(int size) => reading.More ? TimeSpan.Zero : Every;

    protected override DfuException Refusal(Exception failure) =>
        failure as DfuException ?? new(DfuError.Unexpected, $"the fleet cannot be read: {failure.Message}", failure);
}
