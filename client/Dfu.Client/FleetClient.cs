using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Dfu.Client;

/// <summary>
/// A cluster of servers, for other programs: starts campaigns, follows them, lists and cancels them. It connects with the first call, and
/// again by itself when the member it talked to is gone. Safe to use from any thread; one per process is enough.
/// </summary>
public sealed class FleetClient : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(0.5);
    private readonly FleetClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ClusterConnection _connection;

    /// <param name="loggers">Gets what Orleans' client logs; null is nobody.</param>
    /// <exception cref="DfuException">InvalidArgument unless exactly one way to the cluster is given; CertificateInvalid.</exception>
    public FleetClient(FleetClientOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        _options = options;
        _time = time ?? TimeProvider.System;
        _connection = new(options, _time, loggers);
    }

    /// <summary>Starts a campaign, or goes on with the one that has the same package and targets, and follows it.</summary>
    /// <returns>Its view is up to date until it is disposed; the campaign goes on without it.</returns>
    /// <exception cref="DfuException">
    /// CampaignConflict; ServerUnreachable when no member answers, CertificateRefused when it is for the certificates; DatabaseUnavailable or
    /// DatabaseNotInitialized when the database says so.
    /// </exception>
    public Task<GrainFleet> StartAsync(CampaignRequest request, CancellationToken cancellationToken) =>
        FollowedAsync(fleet => fleet.StartAsync(request, cancellationToken), again: !request.Restart, cancellationToken);

    /// <summary>Follows a campaign that exists.</summary>
    /// <exception cref="DfuException">InvalidArgument when there is no such campaign; ServerUnreachable when no member answers.</exception>
    public Task<GrainFleet> FollowAsync(string campaign, CancellationToken cancellationToken) =>
        FollowedAsync(fleet => fleet.FollowAsync(campaign, cancellationToken), again: true, cancellationToken);

    /// <summary>Every campaign, oldest first.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<CampaignEntry>> ListAsync(CancellationToken cancellationToken) =>
        CallAsync(static grains => grains.GetGrain<IFleetGrain>(0).ListAsync(), again: true, cancellationToken);

    /// <summary>Cancels every device of a campaign that has no outcome yet; it is over when the last of them has stopped.</summary>
    /// <exception cref="DfuException">InvalidArgument when there is no such campaign; ServerUnreachable when no member answers.</exception>
    public Task CancelAsync(string campaign, CancellationToken cancellationToken) => CallAsync(
        async grains =>
        {
            try
            {
                await grains.GetGrain<ICampaignGrain>(campaign).CancelAsync();
                return true;
            }
            catch (KeyNotFoundException e)
            {
                throw new DfuException(DfuError.InvalidArgument, $"there is no campaign {campaign}", e);
            }
        },
        again: true,
        cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Task<GrainFleet> FollowedAsync(Func<GrainFleet, Task> begin, bool again, CancellationToken cancellationToken) => CallAsync(
        async grains =>
        {
            var fleet = new GrainFleet(grains, _time, _options.ViewEvery);
            try
            {
                await begin(fleet).WaitAsync(cancellationToken);
                return fleet;
            }
            catch
            {
                await fleet.DisposeAsync();
                throw;
            }
        },
        again,
        cancellationToken);

    /// <param name="again">The call may be made twice: when its answer was lost it may have been carried out.</param>
    private async Task<T> CallAsync<T>(Func<IGrainFactory, Task<T>> call, bool again, CancellationToken cancellationToken)
    {
        var begin = _time.GetTimestamp();
        while (true)
        {
            IGrainFactory? grains = null;
            try
            {
                grains = await _connection.GrainsAsync(cancellationToken);
                return await call(grains).WaitAsync(cancellationToken);
            }
            catch (Exception e) when (IsOutage(e))
            {
                if ((grains is not null && !again) || ClusterConnection.IsHopeless(e) || _time.GetElapsedTime(begin) >= _options.RetryFor)
                    throw _connection.Explain(e);
            }

            await Task.Delay(RetryPause, _time, cancellationToken);
        }
    }

    private static bool IsOutage(Exception e) =>
        e is OrleansException or TimeoutException or Orleans.Runtime.Messaging.ConnectionFailedException or ClusterConnectionException;
}
