using System.Runtime.CompilerServices;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>A radio of the room as one process has it; what it does is written down, and ends when the process dies.</summary>
internal sealed class RecordedSource(Room room, HostProcess process, int number) : IAdapterSource
{
    private readonly SimulatedAdapterSource _inner = room.Radios[number];
    private int _open;

    public string Id => _inner.Id;
    public int Number => number;

    public async Task<IAdapter> OpenAsync(CancellationToken cancellationToken) => await process.WhileAliveAsync(async () =>
    {
        var adapter = new RecordedAdapter(room, process, this, await _inner.OpenAsync(cancellationToken));
        Interlocked.Exchange(ref _open, 1);
        return adapter;
    });

    public Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken) =>
        process.WhileAliveAsync(() => _inner.RecoverAsync(step, cancellationToken));

    /// <summary>Its process is gone and the radio free for another one.</summary>
    public void BreakOff()
    {
        if (Interlocked.Exchange(ref _open, 0) == 0) return;
        _inner.Kill("its process is gone");
        _inner.Revive();
    }

    public void Closed() => Interlocked.Exchange(ref _open, 0);
}

internal sealed class RecordedAdapter(Room room, HostProcess process, RecordedSource source, IAdapter inner) : IAdapter
{
    public string Name => inner.Name;
    public BluetoothAddress? Address => inner.Address;
    public int MaxLinks => inner.MaxLinks;
    public Task<string> Lost { get; } = process.WhileAliveAsync(() => inner.Lost);

    public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var scan = inner.ScanAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await process.WhileAliveAsync(() => scan.MoveNextAsync().AsTask()))
        {
            if (room.Hears(source.Number, room.DeviceOf(scan.Current.Address))) yield return scan.Current;
        }
    }

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken) =>
        await process.WhileAliveAsync(async () =>
        {
            if (!room.Hears(source.Number, room.DeviceOf(address))) throw new DfuException(DfuError.ConnectTimeout, $"{address} is out of reach");
            var link = await inner.ConnectAsync(address, addressType, options, cancellationToken);
            var contact = new Contact(room.DeviceOf(address), process.Name, source.Id, room.Time.Elapsed);
            room.Journal.Add(contact);
            return new RecordedLink(room, process, contact, link);
        });

    public async ValueTask DisposeAsync()
    {
        await process.WhileAliveAsync(async () =>
        {
            await inner.DisposeAsync();
            source.Closed();
            return true;
        });
    }
}
