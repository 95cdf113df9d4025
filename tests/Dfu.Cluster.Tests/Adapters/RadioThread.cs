using System.Collections.Concurrent;
using Dfu.Cluster.Tests.Support;

namespace Dfu.Cluster.Tests.Adapters;

/// <summary>The one thread on which the fake radios and their attempts live, so that a test can tell when nothing is left to do there.</summary>
internal sealed class RadioThread : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];

    public RadioThread() => new Thread(Work) { IsBackground = true, Name = "radios" }.Start();

    public void Post(Action work) => Post(static state => ((Action)state!)(), work);

    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _work.Add((d, state));
        }
        catch (InvalidOperationException)
        {
            // The test is over.
        }
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>What was queued before has been done.</summary>
    public async Task DrainAsync()
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(drained.SetResult);
        await drained.Task.Soon();
    }

    public void Dispose() => _work.CompleteAdding();

    private void Work()
    {
        SetSynchronizationContext(this);
        foreach (var (callback, state) in _work.GetConsumingEnumerable()) callback(state);
    }
}
