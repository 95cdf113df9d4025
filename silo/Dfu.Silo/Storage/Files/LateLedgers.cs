using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Silo.Storage.Files;

/// <summary>
/// Byte counts that are asked for where the disk must not be waited for, on a scheduler that renews leases: they count in memory until
/// their file is open or has grown, which is done on the thread pool, one after another.
/// </summary>
/// <param name="ledgers">Taken over.</param>
/// <param name="failed">Is told why a count stays in memory; the device has it, too, with each report.</param>
internal sealed class LateLedgers(TrafficLedgers ledgers, Action<DfuException> failed) : IDisposable
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private bool _closed;

    private TrafficLedgers Ledgers => ledgers;

    /// <summary>Returns at once. The same as <see cref="TrafficLedgers.For"/>, soon.</summary>
    public ITrafficLedger For(string campaign) => new Ledger(this, campaign);

    public void Dispose()
    {
        lock (_gate) _closed = true;
        _last.Wait();
        ledgers.Dispose();
    }

    /// <summary>Queues what waits for the disk.</summary>
    internal void Later(Action work)
    {
        lock (_gate)
        {
            if (!_closed) _last = _last.ContinueWith(_ => Do(work), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Do(Action work)
    {
        try
        {
            work();
        }
        catch (DfuException e)
        {
            failed(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failed(new DfuException(DfuError.DataDirectoryUnusable, $"byte counts cannot be kept: {e.Message}", e));
        }
    }

    private sealed class Ledger(LateLedgers owner, string campaign) : ITrafficLedger
    {
        public void Begin(string name) => owner.Later(() => owner.Ledgers.For(campaign).Begin(name));

        public ITrafficSlot Slot(BluetoothAddress device)
        {
            var slot = new LateSlot();
            owner.Later(() => slot.Attach(owner.Ledgers.For(campaign).Slot(device)));
            return slot;
        }
    }
}
