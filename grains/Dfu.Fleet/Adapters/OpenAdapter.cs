using Dfu.Adapters;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Adapters;

/// <summary>An adapter from its opening to its loss, and what waits on it.</summary>
public sealed class OpenAdapter(string id, IAdapter adapter, int epoch, TimeProvider time)
{
    private readonly object _gate = new();
    private readonly List<Ear> _ears = [];
    private bool _closed;
    private int _connects;

    /// <summary>The adapter's name in reports.</summary>
    public string Id { get; } = id;
    public IAdapter Adapter { get; } = adapter;
    public int Epoch { get; } = epoch;
    internal ConnectQueue Connects { get; } = new();

    /// <summary>The number of the connect that begins; for whoever's turn it is in <see cref="Connects"/>.</summary>
    internal int NextConnect() => ++_connects;

    /// <summary>Cancelled when the host lets the adapter go.</summary>
    internal CancellationTokenSource Gone { get; } = new();

    public bool Closed => Volatile.Read(ref _closed);

    /// <summary>The adapter has said that it went away.</summary>
    public bool Lost => Adapter.Lost.IsCompleted;

    public void Heard(Advertisement advertisement)
    {
        lock (_gate)
        {
            for (var i = _ears.Count - 1; i >= 0; i--)
            {
                if (!_ears[i].Wanted(advertisement)) continue;
                _ears[i].Answer.TrySetResult(advertisement);
                _ears.RemoveAt(i);
            }
        }
    }

    /// <exception cref="DfuException">AdapterLost.</exception>
    public async Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var ear = new Ear(wanted, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_closed) throw WentAway();
            _ears.Add(ear);
        }

        using var late = new CancellationTokenSource(timeout, time);
        using var onLate = late.Token.Register(() => ear.Answer.TrySetResult(null));
        using var onCancel = cancellationToken.Register(() => ear.Answer.TrySetCanceled(cancellationToken));
        try
        {
            return await ear.Answer.Task;
        }
        finally
        {
            lock (_gate) _ears.Remove(ear);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            if (_closed) return;
            Volatile.Write(ref _closed, true);
            foreach (var ear in _ears) ear.Answer.TrySetException(WentAway());
            _ears.Clear();
        }

        Connects.Close();
        Gone.CancelInPlace();
    }

    private static DfuException WentAway() => new(DfuError.AdapterLost, "the adapter went away");

    private sealed record Ear(Func<Advertisement, bool> Wanted, TaskCompletionSource<Advertisement?> Answer);
}
