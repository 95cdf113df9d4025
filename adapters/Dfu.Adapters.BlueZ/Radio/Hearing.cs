using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Timing;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>How many devices all adapters together may follow: the bus grants a connection 512 match rules, and links need some.</summary>
internal sealed class FollowBudget(int limit = FollowBudget.Usual)
{
    public const int Usual = 256;

    private readonly int _forDfu = limit / 4;
    private int _left = limit;

    /// <summary>There is room again. Called under locks: must not block.</summary>
    public event Action? Freed;

    /// <param name="dfu">Devices that do not advertise the DFU service leave a quarter to those that do, whichever adapter hears them.</param>
    public bool TryTake(bool dfu)
    {
        var rest = dfu ? 0 : _forDfu;
        for (var left = Volatile.Read(ref _left); left > rest;)
        {
            var seen = Interlocked.CompareExchange(ref _left, left - 1, left);
            if (seen == left) return true;
            left = seen;
        }

        return false;
    }

    public void Return()
    {
        Interlocked.Increment(ref _left);
        Freed?.Invoke();
    }

    /// <summary>Tells nobody: the adapter that could not use the place would be the first to try again.</summary>
    public void ReturnUnused() => Interlocked.Increment(ref _left);
}

/// <summary>Follows the devices of one adapter and tells each time one was heard.</summary>
internal sealed class Hearing : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Followed> _followed = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private readonly IBlueZObjects _objects;
    private readonly ObjectPath _adapter;
    private readonly FollowBudget _budget;
    private readonly Action<Advertisement> _heard;
    private readonly IDisposable _changes;
    private long _turn;
    private int _wants;
    private bool _disposed;

    /// <param name="heard">Called on no scheduler, in order; must not block.</param>
    public Hearing(IBlueZObjects objects, ObjectPath adapter, FollowBudget budget, Action<Advertisement> heard)
    {
        (_objects, _adapter, _budget, _heard) = (objects, adapter, budget, heard);
        _changes = objects.OnChange(adapter, OnChange);
        _budget.Freed += OnFreed;
        FollowWaiting();
    }

    public void Dispose()
    {
        _changes.Dispose();
        _budget.Freed -= OnFreed;
        Followed[] all;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            all = [.. _followed.Values];
            _followed.Clear();
        }

        _ended.Cancel();

        foreach (var one in all) LetGo(one);
    }

    private void OnChange(BlueZChange change)
    {
        if (change.Interface != BlueZObjects.Device) return;
        if (change.After?.Has(BlueZObjects.Device) != true)
        {
            Forget(change.Path);
            return;
        }

        Consider(change.After);
        if (!DeviceAdvertisement.TryHear(change, out var advertisement)) return;
        lock (_gate)
        {
            if (_followed.TryGetValue(change.Path.ToString(), out var followed)) followed.LastHeard = ++_turn;
        }

        _heard(advertisement);
    }

    /// <summary>Follows a device where there is room; one with the DFU service takes the place of one without.</summary>
    private void Consider(BlueZObject device)
    {
        var dfu = DeviceAdvertisement.HasDfuService(device);
        Followed? instead = null;
        Followed mine;
        lock (_gate)
        {
            if (_disposed) return;
            if (_followed.TryGetValue(device.Path.ToString(), out var known))
            {
                known.Dfu = dfu;
                return;
            }

            if (!TryTake(dfu))
            {
                instead = dfu ? _followed.Values.Where(static f => !f.Dfu).MinBy(static f => f.LastHeard) : null;
                if (instead is null) return;
                _followed.Remove(instead.Path.ToString());
            }

            mine = new(device.Path) { Dfu = dfu, LastHeard = ++_turn };
            _followed[device.Path.ToString()] = mine;
        }

        instead?.LetGo(); // its place in the budget goes on
        _ = Background.Start("follow a device", () => FollowAsync(mine));
    }

    private async Task FollowAsync(Followed one)
    {
        try
        {
            one.Take(await _objects.FollowAsync(one.Path, BlueZObjects.Device, _ended.Token));
        }
        catch (Exception e)
        {
            // The device has gone again, the bus has, or it grants no more rules.
            Background.Overlook("follow a device", e);
            bool mine;
            lock (_gate) mine = _followed.GetValueOrDefault(one.Path.ToString()) == one && _followed.Remove(one.Path.ToString());
            if (!mine) return;
            if (_objects.Find(one.Path) is null) _budget.Return();
            else _budget.ReturnUnused();
        }
    }

    private void Forget(ObjectPath path)
    {
        lock (_gate)
        {
            if (_followed.Remove(path.ToString(), out var gone)) LetGo(gone);
        }

        OnFreed(); // also when it could not be followed
    }

    private bool TryTake(bool dfu)
    {
        if (_budget.TryTake(dfu)) return true;
        Interlocked.Exchange(ref _wants, 1);
        return _budget.TryTake(dfu); // what was returned in between told nobody
    }

    /// <summary>Another adapter's device may have made the room, and of one that is not followed nothing more is told.</summary>
    private void OnFreed()
    {
        if (Interlocked.Exchange(ref _wants, 0) != 0) ThreadPool.UnsafeQueueUserWorkItem(static hearing => hearing.FollowWaiting(), this, preferLocal: false);
    }

    private void FollowWaiting()
    {
        foreach (var device in _objects.Below(_adapter).Where(static o => o.Has(BlueZObjects.Device)).OrderByDescending(DeviceAdvertisement.HasDfuService))
            Consider(device);
    }

    private void LetGo(Followed one)
    {
        _budget.Return();
        one.LetGo();
    }

    private sealed class Followed(ObjectPath path)
    {
        private static readonly IDisposable Gone = new Ended();
        private IDisposable? _follower;

        public ObjectPath Path => path;

        public bool Dfu { get; set; }

        public long LastHeard { get; set; }

        public void Take(IDisposable follower)
        {
            if (Interlocked.CompareExchange(ref _follower, follower, null) is not null) follower.Dispose();
        }

        /// <summary>Off this thread: it may hold a lock, and the bus library takes its own.</summary>
        public void LetGo()
        {
            if (Interlocked.Exchange(ref _follower, Gone) is { } follower)
                ThreadPool.UnsafeQueueUserWorkItem(static f => f.Dispose(), follower, preferLocal: false);
        }

        private sealed class Ended : IDisposable
        {
            public void Dispose()
            {
            }
        }
    }
}
