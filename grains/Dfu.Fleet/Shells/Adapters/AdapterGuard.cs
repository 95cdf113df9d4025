using System.Collections.Concurrent;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>One owner per radio in this process, even while two activations of it exist for a moment. A singleton.</summary>
internal sealed class AdapterGuard
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _radios = new(StringComparer.Ordinal);

    /// <summary>Returns when nobody has the radio any more. Dispose what it returns when the radio is closed.</summary>
    public async Task<IDisposable> EnterAsync(string id, CancellationToken cancellationToken)
    {
        var radio = _radios.GetOrAdd(id, static _ => new(1, 1));
        await radio.WaitAsync(cancellationToken);
        return new Owner(radio);
    }

    private sealed class Owner(SemaphoreSlim radio) : IDisposable
    {
        private SemaphoreSlim? _radio = radio;

        public void Dispose() => Interlocked.Exchange(ref _radio, null)?.Release();
    }
}
