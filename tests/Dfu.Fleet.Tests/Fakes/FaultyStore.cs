using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Simulation.Storage;

namespace Dfu.Fleet.Tests.Fakes;

/// <summary>A store that dies at one write, before or after it took effect, and stays dead: what a full disk or the end of a process looks like.</summary>
internal sealed class FaultyStore(IFleetStore inner, int dieAtWrite, bool takesEffect) : IFleetStore
{
    public int Writes { get; private set; }
    public bool Dead { get; private set; }
    public ITrafficLedger Ledger => inner.Ledger;

    public Task<StoredFleet?> LoadAsync(CancellationToken cancellationToken) => inner.LoadAsync(cancellationToken);

    public Task<ImmutableArray<ClassState>> LoadClassesAsync(CancellationToken cancellationToken) => inner.LoadClassesAsync(cancellationToken);

    public Task BeginAsync(CampaignState campaign, ImmutableArray<DeviceState> devices, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.BeginAsync(campaign, devices, cancellationToken));

    public Task SaveAsync(FleetChanges changes, CancellationToken cancellationToken) => WriteAsync(() => inner.SaveAsync(changes, cancellationToken));

    public Task SavePackageAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => inner.SavePackageAsync(id, file, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> LoadPackageAsync(string id, CancellationToken cancellationToken) => inner.LoadPackageAsync(id, cancellationToken);

    public Task<ImmutableArray<HistoryEntry>> LoadHistoryAsync(BluetoothAddress? device, CancellationToken cancellationToken) => inner.LoadHistoryAsync(device, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task WriteAsync(Func<Task> write)
    {
        if (Writes++ == dieAtWrite) Dead = true;
        if (!Dead || (takesEffect && Writes == dieAtWrite + 1)) await write();
        if (Dead) throw new DfuException(DfuError.DataDirectoryUnusable, "the disk is full");
    }
}
