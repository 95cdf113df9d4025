namespace Dfu.Fleet.Storage;

/// <summary>
/// Whose records the storage of this host has refused lately. Activations call each other: without a pause a full disk has all of them begin, decide and be
/// refused a hundred times a second, and say so each time.
/// </summary>
internal sealed class StorageRefusals
{
    /// <summary>One line is enough for so long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _refused = [];
    private long? _told;

    /// <summary>The storage has refused what an activation of this name wanted to be kept.</summary>
    /// <returns>Whether that is to be told aloud.</returns>
    public bool Add(string name, TimeProvider time)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var tells = _told is not { } told || time.GetElapsedTime(told, now) >= Quiet;
            if (tells)
            {
                _told = now;
                _refused.Clear();
            }

            _refused[name] = now;
            return tells;
        }
    }

    /// <summary>How long the next activation of this name waits before it begins; asked again, it need not.</summary>
    /// <param name="pause">After a refusal.</param>
    public TimeSpan TakePause(string name, TimeSpan pause, TimeProvider time)
    {
        lock (_gate)
        {
            if (!_refused.Remove(name, out var at)) return TimeSpan.Zero;
            var left = pause - time.GetElapsedTime(at);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
