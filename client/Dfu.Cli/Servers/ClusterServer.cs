using System.Collections.Immutable;
using Dfu.Client;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Grains;
using Dfu.Protocol.Links;

namespace Dfu.Cli.Servers;

/// <summary>A fleet over an Orleans client.</summary>
internal sealed class ClusterServer(FleetClient client) : IFleetServer
{
    public async Task<IFollowedCampaign> StartAsync(CampaignRequest request, CancellationToken cancellationToken) =>
        new Followed(await client.StartAsync(request, cancellationToken));

    public async Task<IFollowedCampaign> FollowAsync(string campaign, CancellationToken cancellationToken) =>
        new Followed(await client.FollowAsync(campaign, cancellationToken));

    public Task<ImmutableArray<CampaignEntry>> CampaignsAsync(CancellationToken cancellationToken) => client.ListAsync(cancellationToken);

    public Task<CampaignStanding> StandingAsync(string campaign, CancellationToken cancellationToken) => client.StandingAsync(campaign, cancellationToken);

    public Task<string> ControlAsync(string campaign, CampaignControl control, CancellationToken cancellationToken) =>
        client.ControlAsync(campaign, control, cancellationToken);

    public Task<ImmutableArray<AdapterView>> AdaptersAsync(CancellationToken cancellationToken) => client.AdaptersAsync(cancellationToken);

    public Task<AdapterState> AdapterAsync(string adapter, CancellationToken cancellationToken) => client.AdapterAsync(adapter, cancellationToken);

    public Task<string> ControlAsync(string adapter, AdapterControl control, CancellationToken cancellationToken) =>
        client.ControlAsync(adapter, control, cancellationToken);

    public Task<byte[]?> PackageAsync(string package, CancellationToken cancellationToken) => client.PackageAsync(package, cancellationToken);

    public Task<ImmutableArray<ClassState>> ClassesAsync(CancellationToken cancellationToken) => client.ClassesAsync(cancellationToken);

    public Task<ImmutableArray<AuditEntry>> AuditAsync(string? subject, int most, CancellationToken cancellationToken) =>
        client.AuditAsync(subject, most, cancellationToken);

    public Task<FleetDevice?> DeviceAsync(BluetoothAddress address, CancellationToken cancellationToken) => client.DeviceAsync(address, cancellationToken);

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private sealed class Followed(GrainFleet fleet) : IFollowedCampaign
    {
        public string Id => fleet.Campaign!;

        public CampaignView Snapshot() => fleet.Snapshot();

        public Task<CampaignView> WaitAsync(CancellationToken cancellationToken) => fleet.WaitAsync(cancellationToken);

        public ValueTask DisposeAsync() => fleet.DisposeAsync();
    }
}
