namespace Dfu.Fleet.Storage;

/// <summary>
/// Whose records the storage of this host has refused lately. Activations call each other: without a pause a full disk has all of them begin, decide and be
/// refused a hundred times a second, and say so each time.
/// </summary>
internal sealed class StorageRefusals
{
    /// <summary>One line is enough for so long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    /// <summary>One that was refused again within this time pauses.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long At, bool Pauses)> _refused = [];
    private long? _told;

    /// <summary>The storage has refused what an activation of this name wanted to be kept.</summary>
    /// <returns>Whether that is to be told aloud.</returns>
    public bool Add(string name, TimeProvider time)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _refused[name] = (now, _refused.TryGetValue(name, out var before) && time.GetElapsedTime(before.At, now) < Again);
            if (_told is { } told && time.GetElapsedTime(told, now) < Quiet) return false;
            foreach (var (other, refusal) in _refused)
            {
                if (time.GetElapsedTime(refusal.At, now) >= Again) _refused.Remove(other);
            }

            _told = now;
            return true;
        }
    }

    /// <summary>How long the next activation of this name waits before it begins; asked again, it need not.</summary>
    /// <param name="pause">After a refusal.</param>
    public TimeSpan TakePause(string name, TimeSpan pause, TimeProvider time)
    {
        lock (_gate)
        {
            if (!_refused.TryGetValue(name, out var refusal) || !refusal.Pauses) return TimeSpan.Zero;
            _refused[name] = refusal with { Pauses = false };
            var left = pause - time.GetElapsedTime(refusal.At);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
