using System.Collections.Immutable;
using System.Security.Cryptography;
using Dfu.Fleet.Access;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Grains;

/// <summary>The fleet over its grains, from inside a silo or over a client; nothing is tried twice.</summary>
/// <param name="viewEvery">How often a followed campaign's view is read; 0.25 s when null.</param>
public sealed class GrainServer(IGrainFactory grains, TimeProvider time, TimeSpan? viewEvery = null) : IFleetServer
{
    public Task<GrainFleet> StartAsync(CampaignRequest request, CancellationToken cancellationToken) =>
        FollowedAsync(fleet => fleet.StartAsync(request, cancellationToken), cancellationToken);

    public Task<GrainFleet> FollowAsync(string campaign, CancellationToken cancellationToken) =>
        FollowedAsync(fleet => fleet.FollowAsync(campaign, cancellationToken), cancellationToken);

    async Task<IFollowedCampaign> IFleetServer.StartAsync(CampaignRequest request, CancellationToken cancellationToken) =>
        await StartAsync(request, cancellationToken);

    async Task<IFollowedCampaign> IFleetServer.FollowAsync(string campaign, CancellationToken cancellationToken) =>
        await FollowAsync(campaign, cancellationToken);

    public Task<ImmutableArray<CampaignEntry>> CampaignsAsync(CancellationToken cancellationToken) =>
        grains.GetGrain<IFleetGrain>(0).ListAsync().WaitAsync(cancellationToken);

    public Task<CampaignStanding> StandingAsync(string campaign, CancellationToken cancellationToken) =>
        OfCampaignAsync(campaign, static grain => grain.StandingAsync(), cancellationToken);

    public async Task<string> ControlAsync(string campaign, CampaignControl control, CancellationToken cancellationToken) =>
        Done(await OfCampaignAsync(campaign, grain => grain.ControlAsync(control), cancellationToken));

    public async Task<ImmutableArray<AdapterView>> AdaptersAsync(CancellationToken cancellationToken) =>
        (await grains.GetGrain<ISchedulerGrain>(0).LiveAsync("", signals: false).WaitAsync(cancellationToken)).Adapters;

    public Task<AdapterState> AdapterAsync(string adapter, CancellationToken cancellationToken) =>
        OfAdapterAsync(adapter, static grain => grain.GetAsync(), cancellationToken);

    public async Task<string> ControlAsync(string adapter, AdapterControl control, CancellationToken cancellationToken) =>
        Done(await OfAdapterAsync(adapter, grain => grain.ControlAsync(control), cancellationToken));

    public Task<HeardAir> HeardAsync(CancellationToken cancellationToken) =>
        grains.GetGrain<ISchedulerGrain>(0).HeardAsync().WaitAsync(cancellationToken);

    public Task<ImmutableArray<KeptPackage>> PackagesAsync(CancellationToken cancellationToken) =>
        grains.GetGrain<IRetentionGrain>(0).PackagesAsync().WaitAsync(cancellationToken);

    public async Task<string> PutPackageAsync(ReadOnlyMemory<byte> file, string by, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(file.Span));
        (await grains.GetGrain<IPackageGrain>(id).PutAsync(file.ToArray(), by).WaitAsync(cancellationToken)).OrThrow();
        return id;
    }

    public async Task DeletePackageAsync(string package, string by, CancellationToken cancellationToken) =>
        (await grains.GetGrain<IRetentionGrain>(0).DeletePackageAsync(package, by).WaitAsync(cancellationToken)).OrThrow();

    public Task<byte[]?> PackageAsync(string package, CancellationToken cancellationToken) =>
        grains.GetGrain<IPackageGrain>(package).GetAsync().WaitAsync(cancellationToken);

    public Task<ImmutableArray<ClassState>> ClassesAsync(CancellationToken cancellationToken) =>
        grains.GetGrain<IFleetGrain>(0).ClassesAsync().WaitAsync(cancellationToken);

    public Task<ImmutableArray<AuditEntry>> AuditAsync(string? subject, int most, CancellationToken cancellationToken) =>
        grains.GetGrain<IAuditGrain>(0).ReadAsync(subject, most).WaitAsync(cancellationToken);

    public async Task<FleetDevice?> DeviceAsync(BluetoothAddress address, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { address, address.Application, address.Bootloader }.Distinct())
        {
            var found = await ReadAsync(name, grains.GetGrain<IDeviceGrain>(name.ToString())).WaitAsync(cancellationToken);
            if (found is not null && (name == address || found.Has(address))) return found;
        }

        return null;
    }

    public async Task<ImmutableArray<AccessKey>> AccessKeysAsync(CancellationToken cancellationToken) =>
        await grains.GetGrain<IAccessKeysGrain>(0).ReadAsync(-1).WaitAsync(cancellationToken) is { } ring ? [.. ring.Keys.Select(static held => held.Key)] : [];

    /// <summary>Makes the secret here: only its hash goes to the grain.</summary>
    public async Task<NewAccessKey> CreateAccessKeyAsync(AccessKeyRequest request, CancellationToken cancellationToken)
    {
        var (id, secret) = AccessSecret.Make();
        var key = new AccessKey(id, request.Name, request.Role, time.GetUtcNow(), request.By) { ExpiresAt = request.ExpiresAt };
        Done(await grains.GetGrain<IAccessKeysGrain>(0).AddAsync(new(key, AccessSecret.HashOf(secret))).WaitAsync(cancellationToken));
        return new((await AccessKeysAsync(cancellationToken)).Single(made => made.Id == id), secret);
    }

    public async Task<string> RevokeAccessKeyAsync(string key, string by, CancellationToken cancellationToken) =>
        Done(await grains.GetGrain<IAccessKeysGrain>(0).RevokeAsync(key, by).WaitAsync(cancellationToken));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Done(ControlAnswer answer) =>
        answer.Error == DfuError.None ? answer.Detail : throw new DfuException(answer.Error, answer.Detail);

    /// <returns>Null when nothing is known of it under this name.</returns>
    private static async Task<FleetDevice?> ReadAsync(BluetoothAddress name, IDeviceGrain grain)
    {
        var (state, passport, history) = (grain.GetAsync(), grain.PassportAsync(), grain.HistoryAsync());
        await Task.WhenAll(state, passport, history);
        return await state is null && await passport is null && (await history).IsEmpty
            ? null
            : new() { Name = name, State = await state, Passport = await passport, History = await history };
    }

    private async Task<T> OfCampaignAsync<T>(string campaign, Func<ICampaignGrain, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(grains.GetGrain<ICampaignGrain>(campaign)).WaitAsync(cancellationToken);
        }
        catch (KeyNotFoundException e)
        {
            throw new DfuException(DfuError.NotFound, $"there is no campaign {campaign}", e);
        }
    }

    /// <summary>Asks first whether a member has it: a call to an adapter of no member would find no place to run.</summary>
    private async Task<T> OfAdapterAsync<T>(string adapter, Func<IAdapterGrain, Task<T>> call, CancellationToken cancellationToken)
    {
        if (!(await AdaptersAsync(cancellationToken)).Any(view => view.Id == adapter))
            throw new DfuException(DfuError.NotFound, $"no member has an adapter {adapter}");
        return await call(grains.GetGrain<IAdapterGrain>(adapter)).WaitAsync(cancellationToken);
    }

    private async Task<GrainFleet> FollowedAsync(Func<GrainFleet, Task> begin, CancellationToken cancellationToken)
    {
        var fleet = new GrainFleet(grains, time, viewEvery);
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
    }
}
