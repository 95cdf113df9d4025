using Dfu.Adapters;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Simulation.Tests.Support;

/// <summary>One adapter for one attempt at a time, with a hook around every link it opens.</summary>
internal sealed class TestRadio(IAdapter adapter, TimeProvider time) : IUpdateAdapter, IAsyncDisposable
{
    private readonly List<(Func<Advertisement, bool> Wanted, TaskCompletionSource<Advertisement> Found)> _listeners = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _scan = Task.CompletedTask;

    /// <summary>Wraps each link as it opens; the number counts from 1.</summary>
    public Func<IDfuLink, int, IDfuLink> Wrap { get; init; } = (link, _) => link;

    public int Links { get; private set; }

    public void Start() => _scan = ScanAsync();

    public async Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var found = new TaskCompletionSource<Advertisement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _listeners.Add((wanted, found));
        try
        {
            return await found.Task.WithinAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _listeners.RemoveAll(listener => listener.Found == found);
        }
    }

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, CancellationToken cancellationToken)
    {
        var link = await adapter.ConnectAsync(address, addressType, new LinkOptions(), cancellationToken);
        return Wrap(link, ++Links);
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _scan;
        await adapter.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ScanAsync()
    {
        try
        {
            await foreach (var heard in adapter.ScanAsync(_stop.Token))
            {
                foreach (var (_, found) in _listeners.Where(listener => listener.Wanted(heard)).ToArray()) found.TrySetResult(heard);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
