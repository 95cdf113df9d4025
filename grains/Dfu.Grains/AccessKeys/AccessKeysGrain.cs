using Dfu.Fleet;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.AccessKeys;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Dfu.Grains.AccessKeys;

/// <summary>Carries an <see cref="AccessKeysActivation"/>.</summary>
internal sealed class AccessKeysGrain(
    FleetHost host,
    [FromKeyedServices(StorageNames.State)] IGrainStorage storage,
    ILogger<AccessKeysGrain> logger) : Grain, IAccessKeysGrain
{
    private AccessKeysActivation? _keys;

    private AccessKeysActivation Keys => _keys!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var activation = new GrainActivation(GrainContext, "the access keys", GrainFactory, host, logger);
        _keys = new(activation, new GrainDocument(storage, "access-keys", this.GetGrainId()));
        await _keys.BeginAsync();
        this.RegisterGrainTimer(_keys.TellAsync, new() { DueTime = TimeSpan.Zero, Period = host.Times.Again });
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _keys?.Leave();
        return Task.CompletedTask;
    }

    public Task<ControlAnswer> AddAsync(HeldKey key) => Keys.AddAsync(key);

    public Task<ControlAnswer> RevokeAsync(string key, string by) => Keys.RevokeAsync(key, by);

    public Task UsedAsync(string id) => Keys.UsedAsync(id);

    public Task<AccessKeyRing?> ReadAsync(int known) => Keys.ReadAsync(known);
}
