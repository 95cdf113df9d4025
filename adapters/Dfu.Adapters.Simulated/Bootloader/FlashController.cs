using Dfu.Adapters.Simulated.Air;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>The queue of flash operations: one at a time, each takes its time, what it does to the flash happens when it completes.</summary>
/// <remarks>
/// An operation holds its queue entry until it has completed. An operation cut off by a reset has not happened, unless its page is
/// lost by option.
/// </remarks>
internal sealed class FlashController(EventQueue events, ChipModel chip, int capacity)
{
    private readonly Queue<Operation> _queue = new();
    private EventQueue.Scheduled? _running;
    private bool _stalled;

    public bool Busy => _queue.Count > 0;

    /// <summary>End of the erase under way in ticks of the event queue, 0 when none is.</summary>
    public long ErasingUntil { get; private set; }

    /// <summary>Operations refused because the queue was full.</summary>
    public int Refused { get; private set; }

    /// <summary>A flash operation failed since the reset (docs/bootloader.md T2).</summary>
    public bool FailureLatched { get; set; }

    /// <summary>So many of the next operations fail.</summary>
    public int FailNext { get; set; }

    /// <summary>Called when the last operation has completed.</summary>
    public Action? Idle { get; set; }

    public bool TryErase(int pages, Action apply, Action? lost = null) =>
        TryQueue(new Operation(chip.PageErase * pages, true, apply, null, lost));

    /// <param name="done">Called when the operation has ended, whether it failed or not.</param>
    public bool TryStore(int bytes, Action apply, Action? done = null, Action? lost = null) =>
        TryQueue(new Operation(chip.WriteTime(bytes), false, apply, done, lost));

    /// <summary>While stalled no operation completes.</summary>
    public void Stall(bool stalled)
    {
        if (_stalled == stalled) return;
        _stalled = stalled;
        if (stalled)
        {
            _running?.Cancel();
            _running = null;
            ErasingUntil = 0;
        }
        else
        {
            Start();
        }
    }

    /// <summary>Reset: what has not completed never does.</summary>
    public void Reset(bool damages)
    {
        if (damages && _queue.TryPeek(out var running)) running.Lost?.Invoke();
        _queue.Clear();
        _running?.Cancel();
        _running = null;
        ErasingUntil = 0;
        FailureLatched = false;
    }

    private bool TryQueue(Operation operation)
    {
        if (_queue.Count >= capacity)
        {
            Refused++;
            return false;
        }

        _queue.Enqueue(operation);
        if (_queue.Count == 1) Start();
        return true;
    }

    private void Start()
    {
        if (_stalled || !_queue.TryPeek(out var operation)) return;
        _running = events.After(operation.Duration, Complete);
        ErasingUntil = operation.IsErase ? events.Now + operation.Duration.Ticks : 0;
    }

    private void Complete()
    {
        var operation = _queue.Dequeue();
        _running = null;
        ErasingUntil = 0;
        if (FailNext > 0)
        {
            FailNext--;
            FailureLatched = true;
        }
        else
        {
            operation.Apply();
        }

        operation.Done?.Invoke();
        Start();
        if (_queue.Count == 0) Idle?.Invoke();
    }

    private sealed record Operation(TimeSpan Duration, bool IsErase, Action Apply, Action? Done, Action? Lost);
}
