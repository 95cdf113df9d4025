using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>Match rules for the properties of objects: one per object however many follow it, gone when the last one lets go.</summary>
internal sealed class Follows(
    Func<ObjectPath, IProperties> proxy, Action<ObjectPath, string, IDictionary<string, object>, string[]> told, Action<Exception> lost)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <returns>What lets go again, and the task that ends when the rule is in force.</returns>
    public (IDisposable Follower, Task<IDisposable> Arranged) Take(ObjectPath path)
    {
        Entry entry;
        TaskCompletionSource<IDisposable>? mine = null;
        lock (_gate)
        {
            if (_entries.TryGetValue(path.ToString(), out entry!))
            {
                entry.Followers++;
            }
            else
            {
                mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _entries[path.ToString()] = entry = new(mine.Task) { Followers = 1 };
            }
        }

        // Outside the lock: the library calls the handler under its own, and takes that for this call.
        if (mine is not null) Background.Run("follow an object", ArrangeAsync(path, mine));
        return (new Follower(this, path, entry), entry.Arranged);
    }

    private async Task ArrangeAsync(ObjectPath path, TaskCompletionSource<IDisposable> arranged)
    {
        try
        {
            arranged.SetResult(await proxy(path).WatchPropertiesChangedAsync(change => told(path, change.Interface, change.Changed, change.Invalidated), lost));
        }
        catch (Exception e)
        {
            arranged.SetException(e);
            _ = arranged.Task.Exception; // seen: every follower is told as well
        }
    }

    private void Leave(ObjectPath path, Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Followers > 0) return;
            if (_entries.GetValueOrDefault(path.ToString()) == entry) _entries.Remove(path.ToString());
        }

        Background.Run("follow an object no more", EndAsync(entry.Arranged));
    }

    private static async Task EndAsync(Task<IDisposable> arranged)
    {
        try
        {
            (await arranged).Dispose();
        }
        catch (Exception e)
        {
            // There was no rule, or the bus it was on is gone.
            Background.Overlook("follow an object no more", e);
        }
    }

    private sealed class Entry(Task<IDisposable> arranged)
    {
        public Task<IDisposable> Arranged { get; } = arranged;

        public int Followers { get; set; }
    }

    private sealed class Follower(Follows follows, ObjectPath path, Entry entry) : IDisposable
    {
        private Entry? _entry = entry;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _entry, null) is { } held) follows.Leave(path, held);
        }
    }
}
