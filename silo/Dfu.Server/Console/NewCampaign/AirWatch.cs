using Dfu.Fleet.Access;

namespace Dfu.Server.Console.NewCampaign;

/// <summary>Who is on the air, read once a second at most for all pages that show it.</summary>
internal sealed class AirWatch(IFleetServer fleet, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Task<HeardAir>? _read;
    private long _readAt;

    public async IAsyncEnumerable<HeardAir> FollowAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            yield return await ReadAsync().WaitAsync(cancellationToken);
            await Task.Delay(Every, time, cancellationToken);
        }
    }

    private Task<HeardAir> ReadAsync()
    {
        lock (_gate)
        {
            if (_read is null || (_read.IsCompleted && time.GetElapsedTime(_readAt) >= Every))
                (_read, _readAt) = (fleet.HeardAsync(CancellationToken.None), time.GetTimestamp());
            return _read;
        }
    }
}
