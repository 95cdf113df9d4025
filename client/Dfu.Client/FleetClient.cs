using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Client;

/// <summary>
/// A cluster of servers, for other programs: starts campaigns, follows and controls them, and tells of adapters, devices and the audit. It
/// connects with the first call, and again by itself when the member it talked to is gone. Safe to use from any thread; one per process is enough.
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

    /// <summary>How a campaign stands, without its devices.</summary>
    /// <exception cref="DfuException">InvalidArgument when there is no such campaign; ServerUnreachable when no member answers.</exception>
    public Task<CampaignStanding> StandingAsync(string campaign, CancellationToken cancellationToken) =>
        OfCampaignAsync(campaign, static grain => grain.StandingAsync(), again: true, cancellationToken);

    /// <summary>Cancels every device of a campaign that has no outcome yet; it is over when the last of them has stopped.</summary>
    /// <exception cref="DfuException">InvalidArgument when there is no such campaign; ServerUnreachable when no member answers.</exception>
    public Task CancelAsync(string campaign, CancellationToken cancellationToken) => OfCampaignAsync(
        campaign,
        static async grain =>
        {
            await grain.CancelAsync();
            return true;
        },
        again: true,
        cancellationToken);

    /// <summary>Pauses, resumes, approves, cancels, retries or restarts a campaign. What was asked for is durable when this returns.</summary>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="DfuException">
    /// InvalidArgument when there is no such campaign, or it cannot be done; ServerUnreachable when no member answers.
    /// </exception>
    public async Task<string> ControlAsync(string campaign, CampaignControl control, CancellationToken cancellationToken) => Done(await OfCampaignAsync(
        campaign,
        grain => grain.ControlAsync(control),
        again: control.Kind is not (CampaignControlKind.Retry or CampaignControlKind.Restart),
        cancellationToken));

    /// <summary>Every adapter that a member has, open or not.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public async Task<ImmutableArray<AdapterView>> AdaptersAsync(CancellationToken cancellationToken) =>
        (await CallAsync(static grains => grains.GetGrain<ISchedulerGrain>(0).LiveAsync("", signals: false), again: true, cancellationToken)).Adapters;

    /// <summary>Everything about one adapter.</summary>
    /// <param name="adapter">As <see cref="AdaptersAsync"/> names it: <c>member/adapter</c>.</param>
    /// <exception cref="DfuException">InvalidArgument when no member has it; ServerUnreachable when no member answers.</exception>
    public Task<AdapterState> AdapterAsync(string adapter, CancellationToken cancellationToken) =>
        OfAdapterAsync(adapter, static grain => grain.GetAsync(), again: true, cancellationToken);

    /// <summary>Drains, resumes, resets or tests an adapter. What was asked for is durable when this returns, and a test has ended.</summary>
    /// <param name="adapter">As <see cref="AdaptersAsync"/> names it.</param>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="DfuException">InvalidArgument when no member has it, or it cannot be done; ServerUnreachable when no member answers.</exception>
    public async Task<string> ControlAsync(string adapter, AdapterControl control, CancellationToken cancellationToken) => Done(await OfAdapterAsync(
        adapter,
        grain => grain.ControlAsync(control),
        again: control.Kind is AdapterControlKind.Drain or AdapterControlKind.Resume,
        cancellationToken));

    /// <summary>A package file that the fleet keeps; null when it is not kept any more.</summary>
    /// <param name="package">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<byte[]?> PackageAsync(string package, CancellationToken cancellationToken) =>
        CallAsync(grains => grains.GetGrain<IPackageGrain>(package).GetAsync(), again: true, cancellationToken);

    /// <summary>What is known of classes of bootloaders.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<ClassState>> ClassesAsync(CancellationToken cancellationToken) =>
        CallAsync(static grains => grains.GetGrain<IFleetGrain>(0).ClassesAsync(), again: true, cancellationToken);

    /// <summary>Who changed what and when, newest first.</summary>
    /// <param name="subject">A campaign, adapter or device; null for all.</param>
    /// <param name="most">At most so many, 1 to 10,000.</param>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<AuditEntry>> AuditAsync(string? subject, int most, CancellationToken cancellationToken) =>
        CallAsync(grains => grains.GetGrain<IAuditGrain>(0).ReadAsync(subject, most), again: true, cancellationToken);

    /// <summary>What is known of a device, by either of its addresses; null when it was never part of a campaign.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public async Task<FleetDevice?> DeviceAsync(BluetoothAddress address, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { address, address.Application, address.Bootloader }.Distinct())
        {
            var found = await CallAsync(grains => FleetDevice.ReadAsync(name, grains.GetGrain<IDeviceGrain>(name.ToString())), again: true, cancellationToken);
            if (found is not null && (name == address || found.Has(address))) return found;
        }

        return null;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static string Done(ControlAnswer answer) =>
        answer.Error == DfuError.None ? answer.Detail : throw new DfuException(answer.Error, answer.Detail);

    private Task<T> OfCampaignAsync<T>(string campaign, Func<ICampaignGrain, Task<T>> call, bool again, CancellationToken cancellationToken) => CallAsync(
        async grains =>
        {
            try
            {
                return await call(grains.GetGrain<ICampaignGrain>(campaign));
            }
            catch (KeyNotFoundException e)
            {
                throw new DfuException(DfuError.InvalidArgument, $"there is no campaign {campaign}", e);
            }
        },
        again,
        cancellationToken);

    /// <summary>Asks first whether a member has it: a call to an adapter of no member would find no place to run.</summary>
    private async Task<T> OfAdapterAsync<T>(string adapter, Func<IAdapterGrain, Task<T>> call, bool again, CancellationToken cancellationToken)
    {
        if (!(await AdaptersAsync(cancellationToken)).Any(view => view.Id == adapter))
            throw new DfuException(DfuError.InvalidArgument, $"no member has an adapter {adapter}");
        return await CallAsync(grains => call(grains.GetGrain<IAdapterGrain>(adapter)), again, cancellationToken);
    }

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

    private static bool IsOutage(Exception e) => e is ClusterConnectionException || Outage.Is(e);
}
