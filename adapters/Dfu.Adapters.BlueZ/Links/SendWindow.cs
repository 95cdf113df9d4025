using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Bounds what bluetoothd queues for the air: it takes whatever it is given and tells nobody when that has left.</summary>
/// <remarks>
/// Whatever the peripheral says on its control point answers for what it was sent before. What it does not answer for must not stop
/// the link for good: after a pause the window opens by itself.
/// </remarks>
internal sealed class SendWindow(TimeProvider time)
{
    /// <summary>Four data objects: more than a transfer ever has under way, so that it is never slowed.</summary>
    public const int Limit = 16 * 1024;

    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource? _opened;
    private int _unanswered;

    /// <summary>Whether so many more bytes fit; then they are counted.</summary>
    public bool TryTake(int count)
    {
        lock (_gate)
        {
            if (_unanswered > 0 && _unanswered + count > Limit) return false;
            _unanswered += count;
            return true;
        }
    }

    /// <summary>Returns with so many bytes counted.</summary>
    public async Task TakeAsync(int count, CancellationToken cancellationToken)
    {
        while (!TryTake(count))
        {
            Task opened;
            lock (_gate) opened = (_opened ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (TryTake(count)) return;
            try
            {
                await opened.WithinAsync(Pause, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                Open();
            }
        }
    }

    /// <summary>The peripheral has answered, or is not going to.</summary>
    public void Open()
    {
        TaskCompletionSource? opened;
        lock (_gate)
        {
            _unanswered = 0;
            (opened, _opened) = (_opened, null);
        }

        opened?.TrySetResult();
    }
}
