using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Protocol.Tests.Timing;

public sealed class BackgroundTests : IDisposable
{
    private readonly ConcurrentQueue<BackgroundFault> _raised = new();
    private readonly string _work = $"test {Guid.NewGuid()}";

    public BackgroundTests() => Background.Faulted += Note;

    public void Dispose() => Background.Faulted -= Note;

    [Fact]
    public void A_failure_that_nothing_handles_is_raised_with_the_name_of_the_work()
    {
        var failure = new InvalidOperationException("boom");
        Background.Run(_work, Task.FromException(failure));
        Assert.Equal(new BackgroundFault(_work, failure), Assert.Single(_raised));
    }

    [Fact]
    public void A_failure_that_nothing_handles_is_counted_by_work_and_error()
    {
        var counted = new ConcurrentQueue<(object? Work, object? Error)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "dfu.background.faults") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (Equals(Tag(tags, "dfu.background.work"), _work)) counted.Enqueue((value, Tag(tags, "error.type")));
        });
        listener.Start();
        Background.Run(_work, Task.FromException(new InvalidOperationException()));
        Background.Run(_work, ValueTask.FromException(new DfuException(DfuError.LinkLost, "gone")));
        Assert.Equal([(1L, "InvalidOperationException"), (1L, "linkLost")], counted);
    }

    [Fact]
    public void A_failure_that_the_caller_handles_is_its_own_affair()
    {
        Exception? handled = null;
        var failure = new InvalidOperationException();
        Background.Run(_work, Task.FromException(failure), e => handled = e);
        Assert.Same(failure, handled);
        Assert.Empty(_raised);
    }

    [Fact]
    public void A_failure_of_the_handler_is_raised_with_the_failure_it_was_to_handle()
    {
        var (first, second) = (new InvalidOperationException(), new ArgumentException("in the handler"));
        Background.Run(_work, Task.FromException(first), _ => throw second);
        Assert.Equal([first, second], Assert.IsType<AggregateException>(Assert.Single(_raised).Exception).InnerExceptions);
    }

    [Fact]
    public void Cancelled_work_has_not_failed()
    {
        Background.Run(_work, Task.FromCanceled(new CancellationToken(canceled: true)));
        Assert.Empty(_raised);
    }

    [Fact]
    public void A_caller_that_handles_failures_is_told_that_the_work_was_cancelled()
    {
        Exception? handled = null;
        Background.Run(_work, Task.FromCanceled(new CancellationToken(canceled: true)), e => handled = e);
        Assert.IsAssignableFrom<OperationCanceledException>(handled);
        Assert.Empty(_raised);
    }

    [Fact]
    public async Task Work_on_the_pool_runs_without_the_context_of_its_caller_and_ends_without_a_fault()
    {
        var context = new AsyncLocal<string?> { Value = "caller" };
        string? seen = "none";
        await Background.Start(_work, () =>
        {
            seen = context.Value;
            throw new InvalidOperationException("before the first await");
        });
        Assert.Null(seen);
        Assert.Equal("before the first await", Assert.Single(_raised).Exception.Message);
    }

    [Fact]
    public async Task What_comes_too_late_is_disposed_and_what_never_comes_is_no_fault()
    {
        var coming = new TaskCompletionSource<Late>();
        coming.Task.DisposeWhenItComes();
        Task.FromException<Late>(new InvalidOperationException()).DisposeWhenItComes();
        var late = new Late();
        coming.SetResult(late);
        await late.Disposed.Task;
        Assert.Empty(_raised);
    }

    private static object? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string key)
    {
        foreach (var (name, value) in tags)
        {
            if (name == key) return value;
        }

        return null;
    }

    // The event is the process's: other tests' failures are not ours.
    private void Note(BackgroundFault fault)
    {
        if (fault.Work == _work) _raised.Enqueue(fault);
    }

    private sealed class Late : IAsyncDisposable
    {
        public TaskCompletionSource Disposed { get; } = new();

        public ValueTask DisposeAsync()
        {
            Disposed.SetResult();
            return ValueTask.CompletedTask;
        }
    }
}
