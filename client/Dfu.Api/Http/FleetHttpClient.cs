using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Api.Http;

/// <summary>
/// A server or cluster, for other programs, over HTTP: starts campaigns, follows and controls them, and tells of packages, adapters, devices and the
/// audit. Any member of a cluster will do. Safe to use from any thread; one per process is enough.
/// </summary>
/// <remarks>
/// Every call ends in <see cref="DfuException"/> with the server's own code, sentence and remedy. What may be asked twice is asked again while nobody
/// answers: reads, and orders by an idempotency key. Who asks is for the audit what the key says, or, without one, the server's machine.
/// </remarks>
public sealed class FleetHttpClient : IFleetServer
{
    private readonly FleetHttpOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpCalls _calls;

    /// <exception cref="DfuException">CertificateInvalid.</exception>
    public FleetHttpClient(FleetHttpOptions options, TimeProvider? time = null)
        : this(options, time ?? TimeProvider.System, HttpConnection.Handler(options))
    {
    }

    /// <param name="handler">Takes the requests instead; disposed of with this.</param>
    public FleetHttpClient(FleetHttpOptions options, TimeProvider time, HttpMessageHandler handler)
    {
        (_options, _time) = (options, time);
        _calls = new(options, time, handler);
    }

    /// <summary>What answers: its version, and what it takes. It is asked once: nobody is waited for.</summary>
    public Task<ApiAbout> AboutAsync(CancellationToken cancellationToken) => _calls.GetOnceAsync<ApiAbout>(ApiRoutes.About, cancellationToken);

    /// <summary>Who the holder of the key is to the server. It is asked once: nobody is waited for.</summary>
    /// <exception cref="DfuException">KeyRefused.</exception>
    public Task<ApiCaller> CallerAsync(CancellationToken cancellationToken) => _calls.GetOnceAsync<ApiCaller>(ApiRoutes.Me, cancellationToken);

    /// <summary>Sends the package unless it is kept there already, starts the campaign, or goes on with the same one, and follows it.</summary>
    public async Task<IFollowedCampaign> StartAsync(CampaignRequest request, CancellationToken cancellationToken)
    {
        if (!request.PackageFile.IsEmpty && await InspectAsync(request.Package.Id, cancellationToken) is null)
            await UploadAsync(request.PackageFile, cancellationToken);
        var order = new ApiCampaignOrder
        {
            PackageId = request.Package.Id,
            Targets = request.Targets,
            Only = request.Only,
            Limits = request.Limits,
            Plan = request.Plan,
            Restart = request.Restart,
        };
        var started = await _calls.PostAsync<ApiCampaignStarted>(ApiRoutes.Campaigns, order, again: true, cancellationToken);
        return await HttpCampaign.OpenAsync(_calls, _options, _time, started.Campaign, started.GoesOn, cancellationToken);
    }

    public async Task<IFollowedCampaign> FollowAsync(string campaign, CancellationToken cancellationToken) =>
        await HttpCampaign.OpenAsync(_calls, _options, _time, campaign, goesOn: false, cancellationToken);

    public async Task<ImmutableArray<CampaignEntry>> CampaignsAsync(CancellationToken cancellationToken)
    {
        var newestFirst = await AllAsync<ApiCampaign>(ApiRoutes.Campaigns, "standing=false", int.MaxValue, cancellationToken);
        return [.. newestFirst.Select(static one => one.Entry).Reverse()];
    }

    public Task<CampaignStanding> StandingAsync(string campaign, CancellationToken cancellationToken) =>
        _calls.GetAsync<CampaignStanding>(ApiRoutes.Campaign(campaign), cancellationToken);

    public async Task<string> ControlAsync(string campaign, CampaignControl control, CancellationToken cancellationToken)
    {
        var wanted = new ApiCampaignControl { Kind = control.Kind, Cut = control.Cut, Devices = control.Devices };
        var again = control.Kind is not (CampaignControlKind.Retry or CampaignControlKind.Restart);
        return (await _calls.PostAsync<ApiDone>(ApiRoutes.Control(campaign), wanted, again, cancellationToken)).Done;
    }

    public async Task<ImmutableArray<AdapterView>> AdaptersAsync(CancellationToken cancellationToken) =>
        await AllAsync<AdapterView>(ApiRoutes.Adapters, "", int.MaxValue, cancellationToken);

    public async Task<AdapterState> AdapterAsync(string adapter, CancellationToken cancellationToken) =>
        (await _calls.GetAsync<ApiAdapter>(ApiRoutes.Adapter(adapter), cancellationToken)).State;

    public async Task<string> ControlAsync(string adapter, AdapterControl control, CancellationToken cancellationToken)
    {
        var again = control.Kind is AdapterControlKind.Drain or AdapterControlKind.Resume;
        return (await _calls.PostAsync<ApiDone>(ApiRoutes.Adapter(adapter), new ApiAdapterControl(control.Kind), again, cancellationToken)).Done;
    }

    public Task<HeardAir> HeardAsync(CancellationToken cancellationToken) => _calls.GetAsync<HeardAir>(ApiRoutes.Heard, cancellationToken);

    /// <summary>Sends a package file; the same again changes nothing.</summary>
    /// <returns>What it holds, and what speaks against it.</returns>
    /// <exception cref="DfuException">What is wrong with it, or that it is not signed for the server's key.</exception>
    public Task<ApiPackage> UploadAsync(ReadOnlyMemory<byte> file, CancellationToken cancellationToken) =>
        _calls.PostAsync<ApiPackage>(ApiRoutes.Packages, file, ApiHeaders.Zip, cancellationToken);

    /// <summary>What a package holds that is kept; null when it is not kept any more.</summary>
    public Task<ApiPackage?> InspectAsync(string package, CancellationToken cancellationToken) =>
        OrNullAsync(_calls.GetAsync<ApiPackage>(ApiRoutes.Package(package), cancellationToken));

    /// <summary>Packages that are kept, with what they hold and who sends them; the last needed first.</summary>
    public async Task<ImmutableArray<ApiPackageEntry>> ListPackagesAsync(CancellationToken cancellationToken) =>
        await AllAsync<ApiPackageEntry>(ApiRoutes.Packages, "", int.MaxValue, cancellationToken);

    async Task<ImmutableArray<KeptPackage>> IFleetServer.PackagesAsync(CancellationToken cancellationToken) =>
        [.. (await ListPackagesAsync(cancellationToken)).Select(static one => new KeptPackage(one.Id, one.NeededAt ?? default))];

    async Task<string> IFleetServer.PutPackageAsync(ReadOnlyMemory<byte> file, string by, CancellationToken cancellationToken) =>
        (await UploadAsync(file, cancellationToken)).Id;

    Task IFleetServer.DeletePackageAsync(string package, string by, CancellationToken cancellationToken) => DeletePackageAsync(package, cancellationToken);

    /// <summary>Deletes a package that no unfinished campaign needs.</summary>
    /// <exception cref="DfuException">NotFound; PackageInUse, with who needs it.</exception>
    public Task DeletePackageAsync(string package, CancellationToken cancellationToken) => _calls.DeleteAsync(ApiRoutes.Package(package), cancellationToken);

    public Task<byte[]?> PackageAsync(string package, CancellationToken cancellationToken) =>
        OrNullAsync(_calls.FileAsync(ApiRoutes.PackageFile(package), cancellationToken));

    public async Task<ImmutableArray<ClassState>> ClassesAsync(CancellationToken cancellationToken) =>
        await AllAsync<ClassState>(ApiRoutes.Classes, "", int.MaxValue, cancellationToken);

    public async Task<ImmutableArray<AuditEntry>> AuditAsync(string? subject, int most, CancellationToken cancellationToken) => await AllAsync<AuditEntry>(
        ApiRoutes.Audit, subject is null ? "" : $"subject={Uri.EscapeDataString(subject)}", most, cancellationToken);

    public async Task<FleetDevice?> DeviceAsync(BluetoothAddress address, CancellationToken cancellationToken) =>
        (await OrNullAsync(_calls.GetAsync<ApiDevice>(ApiRoutes.Device(address), cancellationToken)))?.Device;

    public async Task<ImmutableArray<AccessKey>> AccessKeysAsync(CancellationToken cancellationToken) =>
        await AllAsync<AccessKey>(ApiRoutes.Keys, "", int.MaxValue, cancellationToken);

    public async Task<NewAccessKey> CreateAccessKeyAsync(AccessKeyRequest request, CancellationToken cancellationToken)
    {
        var order = new ApiKeyOrder(request.Name, request.Role, request.ExpiresAt);
        var made = await _calls.PostAsync<ApiNewKey>(ApiRoutes.Keys, order, again: false, cancellationToken);
        return new(made.Key, made.Secret);
    }

    public async Task<string> RevokeAccessKeyAsync(string key, string by, CancellationToken cancellationToken) =>
        (await _calls.DeleteAsync<ApiDone>(ApiRoutes.Key(key), cancellationToken)).Done;

    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<T?> OrNullAsync<T>(Task<T> call)
        where T : class
    {
        try
        {
            return await call;
        }
        catch (DfuException e) when (e.Error == DfuError.NotFound)
        {
            return null;
        }
    }

    /// <summary>All pages of a list, up to so many items.</summary>
    private async Task<ImmutableArray<T>> AllAsync<T>(string path, string query, int most, CancellationToken cancellationToken)
    {
        var all = ImmutableArray.CreateBuilder<T>();
        for (string? cursor = null; ;)
        {
            var limit = Math.Min(most - all.Count, ApiPages.Most);
            string?[] parts = [query, $"limit={limit}", cursor is null ? null : $"cursor={Uri.EscapeDataString(cursor)}"];
            var page = await _calls.GetAsync<ApiPage<T>>($"{path}?{string.Join('&', parts.Where(static part => part is { Length: > 0 }))}", cancellationToken);
            all.AddRange(page.Items.Length > most - all.Count ? page.Items[..(most - all.Count)] : page.Items);
            if (page.Next is null || all.Count >= most) return all.ToImmutable();
            cursor = page.Next;
        }
    }
}
