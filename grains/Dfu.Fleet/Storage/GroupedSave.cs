using Dfu.Fleet.Turns;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Storage;

/// <summary>Writes of one document, one after another, as many changes to a write as come together. For callers on one scheduler.</summary>
/// <param name="write">Takes what there is to be written when it is called.</param>
internal sealed class GroupedSave(Func<Task> write, TimeProvider time)
{
    private TaskCompletionSource? _group;
    private TaskCompletionSource? _writing;
    private DateTimeOffset _due = DateTimeOffset.MaxValue;
    private CancellationTokenSource? _pause;
    private Exception? _failure;
    private bool _running;

    /// <summary>Completes, or fails, with the write that is under way; at once when none is.</summary>
    public Task UnderWay => _writing?.Task ?? Task.CompletedTask;

    /// <summary>For a change that nobody waits for: a write that fails is told to those who wait, and to all after it.</summary>
    /// <param name="within">As of <see cref="SaveAsync"/>.</param>
    public void Save(TimeSpan within) => _ = SaveAsync(within);

    /// <param name="within">How long other changes may be waited for; the most impatient one decides.</param>
    /// <returns>Completes when what has changed until now is durable; fails, like all after it, when a write has failed.</returns>
    public Task SaveAsync(TimeSpan within)
    {
        if (_failure is not null) return Task.FromException(_failure);
        _group ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        var group = _group.Task;
        var due = time.GetUtcNow() + within;
        if (due < _due)
        {
            _due = due;
            _pause?.Cancel();
        }

        if (!_running)
        {
            _running = true;
            Background.Run("write what has changed", RunAsync());
        }

        return group;
    }

    private async Task RunAsync()
    {
        while (_group is not null)
        {
            await PauseAsync();
            var group = _group;
            (_group, _writing, _due) = (null, group, DateTimeOffset.MaxValue);
            try
            {
                await write();
                _writing = null;
                group.SetResult();
            }
            catch (Exception e)
            {
                _failure = e;
                Fail(group, e);
                if (_group is { } later) Fail(later, e);
                return;
            }
        }

        _running = false;
    }

    private async Task PauseAsync()
    {
        while (_due - time.GetUtcNow() is { } left && left > TimeSpan.Zero)
        {
            using var pause = new CancellationTokenSource();
            _pause = pause;
            try
            {
                await Task.Delay(left.InWholeMilliseconds(), time, pause.Token);
            }
            catch (OperationCanceledException)
            {
                // A caller that is more impatient ended the pause.
            }
            finally
            {
                _pause = null;
            }
        }
    }

    /// <summary>Not everybody waits for what it asked for.</summary>
    private static void Fail(TaskCompletionSource group, Exception e)
    {
        group.SetException(e);
        _ = group.Task.Exception;
    }
}
