using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.AccessKeys;
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
public sealed class FleetClient : IFleetServer
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
        CallAsync(fleet => fleet.StartAsync(request, cancellationToken), again: !request.Restart || request.Key.Length > 0, cancellationToken);

    /// <summary>Follows a campaign that exists.</summary>
    /// <exception cref="DfuException">NotFound when there is no such campaign; ServerUnreachable when no member answers.</exception>
    public Task<GrainFleet> FollowAsync(string campaign, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.FollowAsync(campaign, cancellationToken), again: true, cancellationToken);

    async Task<IFollowedCampaign> IFleetServer.StartAsync(CampaignRequest request, CancellationToken cancellationToken) =>
        await StartAsync(request, cancellationToken);

    async Task<IFollowedCampaign> IFleetServer.FollowAsync(string campaign, CancellationToken cancellationToken) =>
        await FollowAsync(campaign, cancellationToken);

    /// <summary>Every campaign, oldest first.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<CampaignEntry>> CampaignsAsync(CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.CampaignsAsync(cancellationToken), again: true, cancellationToken);

    /// <summary>How a campaign stands, without its devices.</summary>
    /// <exception cref="DfuException">NotFound when there is no such campaign; ServerUnreachable when no member answers.</exception>
    public Task<CampaignStanding> StandingAsync(string campaign, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.StandingAsync(campaign, cancellationToken), again: true, cancellationToken);

    /// <summary>Pauses, resumes, approves, cancels, retries or restarts a campaign. What was asked for is durable when this returns.</summary>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="DfuException">
    /// NotFound when there is no such campaign; InvalidArgument when it cannot be done; ServerUnreachable when no member answers.
    /// </exception>
    public Task<string> ControlAsync(string campaign, CampaignControl control, CancellationToken cancellationToken) => CallAsync(
        fleet => fleet.ControlAsync(campaign, control, cancellationToken),
        again: control.Kind is not (CampaignControlKind.Retry or CampaignControlKind.Restart),
        cancellationToken);

    /// <summary>Every adapter that a member has, open or not.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<AdapterView>> AdaptersAsync(CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.AdaptersAsync(cancellationToken), again: true, cancellationToken);

    /// <summary>Everything about one adapter.</summary>
    /// <param name="adapter">As <see cref="AdaptersAsync"/> names it: <c>member/adapter</c>.</param>
    /// <exception cref="DfuException">NotFound when no member has it; ServerUnreachable when no member answers.</exception>
    public Task<AdapterState> AdapterAsync(string adapter, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.AdapterAsync(adapter, cancellationToken), again: true, cancellationToken);

    /// <summary>Drains, resumes, resets or tests an adapter. What was asked for is durable when this returns, and a test has ended.</summary>
    /// <param name="adapter">As <see cref="AdaptersAsync"/> names it.</param>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="DfuException">NotFound when no member has it, InvalidArgument when it cannot be done; ServerUnreachable.</exception>
    public Task<string> ControlAsync(string adapter, AdapterControl control, CancellationToken cancellationToken) => CallAsync(
        fleet => fleet.ControlAsync(adapter, control, cancellationToken),
        again: control.Kind is AdapterControlKind.Drain or AdapterControlKind.Resume,
        cancellationToken);

    /// <summary>Who is on the air now, by all that the members' adapters hear.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<HeardAir> HeardAsync(CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.HeardAsync(cancellationToken), again: true, cancellationToken);

    /// <summary>Packages that are kept, the last needed first.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<KeptPackage>> PackagesAsync(CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.PackagesAsync(cancellationToken), again: true, cancellationToken);

    /// <summary>Keeps a package file; the same again changes nothing.</summary>
    /// <returns>Its id: SHA-256 of the file, 64 lower-case hexadecimal digits.</returns>
    /// <exception cref="DfuException">What is wrong with it; ServerUnreachable when no member answers.</exception>
    public Task<string> PutPackageAsync(ReadOnlyMemory<byte> file, string by, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.PutPackageAsync(file, by, cancellationToken), again: true, cancellationToken);

    /// <summary>Deletes a package that no unfinished campaign needs. Campaigns that are over keep their results.</summary>
    /// <exception cref="DfuException">NotFound; PackageInUse, with who needs it; ServerUnreachable when no member answers.</exception>
    public Task DeletePackageAsync(string package, string by, CancellationToken cancellationToken) => CallAsync(
        async fleet =>
        {
            await fleet.DeletePackageAsync(package, by, cancellationToken);
            return true;
        },
        again: false,
        cancellationToken);

    /// <summary>A package file that the fleet keeps; null when it is not kept any more.</summary>
    /// <param name="package">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<byte[]?> PackageAsync(string package, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.PackageAsync(package, cancellationToken), again: true, cancellationToken);

    /// <summary>What is known of classes of bootloaders.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<ClassState>> ClassesAsync(CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.ClassesAsync(cancellationToken), again: true, cancellationToken);

    /// <summary>Who changed what and when, newest first.</summary>
    /// <param name="subject">A campaign, adapter or device; null for all.</param>
    /// <param name="most">At most so many, 1 to 10,000.</param>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<AuditEntry>> AuditAsync(string? subject, int most, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.AuditAsync(subject, most, cancellationToken), again: true, cancellationToken);

    /// <summary>What is known of a device, by either of its addresses; null when it was never part of a campaign.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<FleetDevice?> DeviceAsync(BluetoothAddress address, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.DeviceAsync(address, cancellationToken), again: true, cancellationToken);

    /// <summary>Keys for the servers' HTTP API and console, in the order in which they were made.</summary>
    /// <exception cref="DfuException">ServerUnreachable when no member answers.</exception>
    public Task<ImmutableArray<AccessKey>> AccessKeysAsync(CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.AccessKeysAsync(cancellationToken), again: true, cancellationToken);

    /// <summary>Makes a key. Its secret does not leave this process, and nobody can tell it again.</summary>
    /// <exception cref="DfuException">InvalidArgument when its name is taken; ServerUnreachable when no member answers.</exception>
    public Task<NewAccessKey> CreateAccessKeyAsync(AccessKeyRequest request, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.CreateAccessKeyAsync(request, cancellationToken), again: false, cancellationToken);

    /// <summary>Lets a key open nothing any more, at every member within seconds.</summary>
    /// <param name="key">Its id or name.</param>
    /// <param name="by">Who wants it, for the audit.</param>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="DfuException">InvalidArgument when there is no such key; ServerUnreachable when no member answers.</exception>
    public Task<string> RevokeAccessKeyAsync(string key, string by, CancellationToken cancellationToken) =>
        CallAsync(fleet => fleet.RevokeAccessKeyAsync(key, by, cancellationToken), again: true, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <param name="again">The call may be made twice: when its answer was lost it may have been carried out.</param>
    private async Task<T> CallAsync<T>(Func<GrainServer, Task<T>> call, bool again, CancellationToken cancellationToken)
    {
        var begin = _time.GetTimestamp();
        while (true)
        {
            IGrainFactory? grains = null;
            try
            {
                grains = await _connection.GrainsAsync(cancellationToken);
                return await call(new(grains, _time, _options.ViewEvery)).WaitAsync(cancellationToken);
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
