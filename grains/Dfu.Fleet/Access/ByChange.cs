namespace Dfu.Fleet.Access;

/// <summary>Values in the order of their last change, each with the number of that change: what is new to somebody is the end of it.</summary>
public sealed class ByChange<TKey, TValue>
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<Change>> _places = [];
    private readonly LinkedList<Change> _changes = [];

    public int Count => _places.Count;

    /// <summary>The number of the last change; 0 before the first.</summary>
    public long Last { get; private set; }

    /// <summary>Returns the number of the change, one more than the last.</summary>
    public long Set(TKey key, TValue value)
    {
        Set(key, value, Last + 1);
        return Last;
    }

    /// <param name="change">At least that of the last change.</param>
    public void Set(TKey key, TValue value, long change)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(change, Last);
        if (_places.TryGetValue(key, out var place)) _changes.Remove(place);
        _places[key] = _changes.AddLast(new Change(key, value, change));
        Last = change;
    }

    /// <summary>Without the value, and without a trace of it.</summary>
    public void Drop(TKey key)
    {
        if (_places.Remove(key, out var place)) _changes.Remove(place);
    }

    public bool TryGet(TKey key, out TValue value)
    {
        var there = _places.TryGetValue(key, out var place);
        value = there ? place!.Value.Value : default!;
        return there;
    }

    /// <summary>What changed after a change, in the order of the changes, at most so many of them.</summary>
    /// <returns>And whether these are not all.</returns>
    public (IReadOnlyList<Change> Changes, bool More) Since(long change, int most = int.MaxValue)
    {
        var first = _changes.Last;
        if (first is null || first.Value.Number <= change) return ([], false);
        while (first.Previous is { } earlier && earlier.Value.Number > change) first = earlier;
        var changes = new List<Change>();
        for (var node = first; node is not null; node = node.Next)
        {
            if (changes.Count == most) return (changes, true);
            changes.Add(node.Value);
        }

        return (changes, false);
    }

    public readonly record struct Change(TKey Key, TValue Value, long Number);
}
