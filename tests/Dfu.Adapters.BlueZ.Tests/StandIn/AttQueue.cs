using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>What bluetoothd has taken for a link and the radio not yet: without a limit, one request at a time, commands going on meanwhile.</summary>
internal sealed class AttQueue(IDfuLink link, int requestsOvertake)
{
    private readonly LinkedList<Entry> _entries = [];
    private bool _pumping;
    private bool _requesting;
    private bool _ended;

    /// <summary>Packets not yet with the radio.</summary>
    public int Waiting => _entries.Count;

    public int Mtu => link.Mtu;

    /// <summary>Packets that are too long are lost, as in bluetoothd.</summary>
    public void Command(DfuCharacteristic characteristic, byte[] value)
    {
        if (value.Length <= link.Mtu - 3) Add(_entries.Last, new(characteristic, value, null));
    }

    /// <exception cref="DfuException">LinkLost or AttError.</exception>
    public Task RequestAsync(Func<IDfuLink, Task> request)
    {
        var done = new TaskCompletionSource();
        var after = _entries.Last;
        for (var overtaken = 0; overtaken < requestsOvertake && after is { Value.Request: null }; overtaken++) after = after.Previous;
        Add(after, new(default, [], async () =>
        {
            try
            {
                await request(link);
                done.TrySetResult();
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        }));
        if (_ended) done.TrySetException(new DfuException(DfuError.LinkLost, "disconnected"));
        return done.Task;
    }

    /// <summary>The link is gone and what waits with it.</summary>
    public void End()
    {
        _ended = true;
        foreach (var entry in _entries.Where(static entry => entry.Request is not null).ToList()) _ = entry.Request!(); // the closed link refuses it
        _entries.Clear();
    }

    private void Add(LinkedListNode<Entry>? after, Entry entry)
    {
        if (_ended) return;
        if (after is null) _entries.AddFirst(entry);
        else _entries.AddAfter(after, entry);
        if (!_pumping) Pump();
    }

    private async void Pump()
    {
        _pumping = true;
        while (Next() is { } node)
        {
            _entries.Remove(node);
            if (node.Value.Request is { } request)
            {
                Begin(request);
                continue;
            }

            try
            {
                await link.WriteCommandAsync(node.Value.Characteristic, node.Value.Value, CancellationToken.None);
            }
            catch (DfuException)
            {
                // Nobody is told: that is what the socket is like.
            }
        }

        _pumping = false;
    }

    private LinkedListNode<Entry>? Next()
    {
        var node = _entries.First;
        while (_requesting && node is { Value.Request: not null }) node = node.Next;
        return node;
    }

    private async void Begin(Func<Task> request)
    {
        _requesting = true;
        await request();
        _requesting = false;
        if (!_pumping) Pump();
    }

    private readonly record struct Entry(DfuCharacteristic Characteristic, byte[] Value, Func<Task>? Request);
}
