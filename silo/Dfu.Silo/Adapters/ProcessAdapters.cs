namespace Dfu.Silo.Adapters;

/// <summary>The radios one process takes: their locks, what they share, and what ends with them.</summary>
public sealed class ProcessAdapters : IAsyncDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Dictionary<Type, IAsyncDisposable> _shared = [];
    private readonly AdapterLocks _locks;

    /// <param name="locks">What the names of the locks begin with; null is the program's own.</param>
    public ProcessAdapters(TimeProvider time, string? locks = null) => (Time, _locks) = (time, new(time, locks));

    public TimeProvider Time { get; }

    /// <summary>They are to tell who is there, and nothing else: see <see cref="Dfu.Adapters.BlueZ.BlueZOptions.Surveys"/>.</summary>
    public bool Surveys { get; init; }

    /// <inheritdoc cref="AdapterLocks.Take"/>
    public void Take(string radio, string id) => _locks.Take(radio, id);

    /// <inheritdoc cref="AdapterLocks.Keep"/>
    public void Keep(string radio, string id) => _locks.Keep(radio, id);

    /// <summary>Disposes it after the radios.</summary>
    public void Own(IDisposable one) => _owned.Add(one);

    /// <summary>The one of its kind in this process, made when it is asked for first; disposed after the radios.</summary>
    public T Shared<T>(Func<TimeProvider, T> make) where T : class, IAsyncDisposable
    {
        if (_shared.TryGetValue(typeof(T), out var there)) return (T)there;
        var made = make(Time);
        _shared[typeof(T)] = made;
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _owned) one.Dispose();
        _owned.Clear();
        foreach (var one in _shared.Values) await one.DisposeAsync();
        _shared.Clear();
        _locks.Dispose();
    }
}
