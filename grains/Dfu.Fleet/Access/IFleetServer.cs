using System.Collections.Immutable;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Access;

/// <summary>
/// The fleet of a server or cluster, as operators' commands, pages and programs reach it, however they do. Every call ends in
/// <see cref="DfuException"/>: NotFound for what is not there, InvalidArgument for what is refused, ServerUnreachable when nobody answers.
/// </summary>
public interface IFleetServer : IAsyncDisposable
{
    /// <summary>Starts a campaign, or goes on with the one that has the same package, targets and name.</summary>
    Task<IFollowedCampaign> StartAsync(CampaignRequest request, CancellationToken cancellationToken);

    Task<IFollowedCampaign> FollowAsync(string campaign, CancellationToken cancellationToken);

    /// <summary>Oldest first.</summary>
    Task<ImmutableArray<CampaignEntry>> CampaignsAsync(CancellationToken cancellationToken);

    Task<CampaignStanding> StandingAsync(string campaign, CancellationToken cancellationToken);

    /// <returns>What was done, in words.</returns>
    Task<string> ControlAsync(string campaign, CampaignControl control, CancellationToken cancellationToken);

    Task<ImmutableArray<AdapterView>> AdaptersAsync(CancellationToken cancellationToken);

    Task<AdapterState> AdapterAsync(string adapter, CancellationToken cancellationToken);

    /// <returns>What was done, in words.</returns>
    Task<string> ControlAsync(string adapter, AdapterControl control, CancellationToken cancellationToken);

    /// <summary>Who is on the air now, by all that the fleet's adapters hear.</summary>
    Task<HeardAir> HeardAsync(CancellationToken cancellationToken);

    /// <summary>Packages that are kept, the last needed first.</summary>
    Task<ImmutableArray<KeptPackage>> PackagesAsync(CancellationToken cancellationToken);

    /// <summary>Null when it is not kept any more.</summary>
    Task<byte[]?> PackageAsync(string package, CancellationToken cancellationToken);

    /// <summary>Keeps a package file; the same again changes nothing.</summary>
    /// <param name="by">Who it is, for the audit.</param>
    /// <returns>Its id: SHA-256 of the file, 64 lower-case hexadecimal digits.</returns>
    /// <exception cref="DfuException">What is wrong with it, or that it is not signed for the fleet's key.</exception>
    Task<string> PutPackageAsync(ReadOnlyMemory<byte> file, string by, CancellationToken cancellationToken);

    /// <summary>Deletes a package that no unfinished campaign needs. Campaigns that are over keep their results.</summary>
    /// <param name="by">Who it is, for the audit.</param>
    /// <exception cref="DfuException">NotFound; PackageInUse, with who needs it.</exception>
    Task DeletePackageAsync(string package, string by, CancellationToken cancellationToken);

    /// <summary>What is known of classes of bootloaders.</summary>
    Task<ImmutableArray<ClassState>> ClassesAsync(CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="subject">A campaign, adapter or device; null for all.</param>
    Task<ImmutableArray<AuditEntry>> AuditAsync(string? subject, int most, CancellationToken cancellationToken);

    /// <summary>By either address; null when the device was never part of a campaign.</summary>
    Task<FleetDevice?> DeviceAsync(BluetoothAddress address, CancellationToken cancellationToken);

    /// <summary>Keys for the HTTP API and the console, in the order in which they were made, those included that are not in force any more.</summary>
    Task<ImmutableArray<AccessKey>> AccessKeysAsync(CancellationToken cancellationToken);

    /// <returns>The key with its secret, which nobody can tell again.</returns>
    Task<NewAccessKey> CreateAccessKeyAsync(AccessKeyRequest request, CancellationToken cancellationToken);

    /// <param name="key">Its id or name.</param>
    /// <param name="by">Who wants it, for the audit.</param>
    /// <returns>What was done, in words.</returns>
    Task<string> RevokeAccessKeyAsync(string key, string by, CancellationToken cancellationToken);
}

/// <summary>A campaign whose view is kept up to date until it is disposed; the campaign goes on without it.</summary>
public interface IFollowedCampaign : IAsyncDisposable
{
    string Id { get; }

    CampaignView Snapshot();

    /// <summary>Returns when every device has an outcome.</summary>
    Task<CampaignView> WaitAsync(CancellationToken cancellationToken);
}
