using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>Hands changes to their handlers, in order and one at a time, on no scheduler and under no lock.</summary>
/// <remarks>
/// The bus library calls signal handlers while it holds a lock that every call takes. A handler that waited for a lock of its owner,
/// who makes a call meanwhile, would stop the bus for good; so handlers are not called from there.
/// </remarks>
internal sealed class ChangePump : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<(BlueZChange Change, ImmutableArray<Subscription> Subscriptions)> _queue = new();
    private ImmutableArray<Subscription> _subscriptions = [];
    private int _queued;

    public IDisposable Subscribe(ObjectPath path, Action<BlueZChange> handler)
    {
        var subscription = new Subscription(this, path, handler);
        ImmutableInterlocked.Update(ref _subscriptions, static (all, one) => all.Add(one), subscription);
        return subscription;
    }

    public void Post(BlueZChange change)
    {
        _queue.Enqueue((change, _subscriptions)); // a later subscriber is not told of earlier changes
        if (Interlocked.Increment(ref _queued) == 1) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        do
        {
            if (_queue.TryDequeue(out var next)) Deliver(next.Change, next.Subscriptions);
        }
        while (Interlocked.Decrement(ref _queued) > 0);
    }

    private static void Deliver(BlueZChange change, ImmutableArray<Subscription> subscriptions)
    {
        foreach (var subscription in subscriptions)
        {
            if (subscription.Ended || subscription.Path != change.Path && !ObjectMirror.IsBelow(change.Path, subscription.Path)) continue;
            try
            {
                subscription.Handler(change);
            }
            catch (Exception e)
            {
                // A handler's trouble is not the others' and not the bus's.
                Background.Report("tell of a change on the bus", e);
            }
        }
    }

    private sealed record Subscription(ChangePump Pump, ObjectPath Path, Action<BlueZChange> Handler) : IDisposable
    {
        public bool Ended { get; private set; }

        public void Dispose()
        {
            Ended = true;
            ImmutableInterlocked.Update(ref Pump._subscriptions, static (all, one) => all.RemoveAll(s => ReferenceEquals(s, one)), this);
        }
    }
}
