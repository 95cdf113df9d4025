using System.Threading.Channels;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Updates;

namespace Dfu.Cluster.Tests.Adapters;

/// <summary>Attempts that connect and then do what the test says.</summary>
internal sealed class ScriptedAttempts
{
    private readonly Channel<ScriptedAttempt> _begun = Channel.CreateUnbounded<ScriptedAttempt>();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Runs before an attempt connects, on its thread.</summary>
    public Action Before { get; set; } = static () => { };

    /// <summary>The next one that has its link.</summary>
    public async Task<ScriptedAttempt> NextAsync() => await _begun.Reader.ReadAsync().AsTask().Soon();

    public async Task<UpdateResult> RunAsync(
        IUpdateAdapter radio, UpdateOrder order, IUpdateObserver observer, TimeProvider time, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        Before();
        observer.PhaseChanged(UpdatePhase.Connecting);
        var link = FakeLink.Of(await radio.ConnectAsync(order.Heard.Address, order.Heard.AddressType, cancellationToken));
        var attempt = new ScriptedAttempt(order, observer, link, cancellationToken);
        using var registration = cancellationToken.Register(() => attempt.End.TrySetCanceled(cancellationToken));
        _begun.Writer.TryWrite(attempt);
        return await attempt.End.Task;
    }
}

internal sealed record ScriptedAttempt(UpdateOrder Order, IUpdateObserver Observer, FakeLink Link, CancellationToken Stopped)
{
    public TaskCompletionSource<UpdateResult> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
