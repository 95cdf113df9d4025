using Dfu.Adapters.Bridge.Wire;

namespace Dfu.Adapters.Bridge.Client;

/// <summary>What a host wants to send on one link, in order: a packet needs a credit, a request that no other is outstanding.</summary>
/// <remarks>Not safe for threads; the link's lock is held around every call. What is given to <paramref name="send"/> may be sent.</remarks>
internal sealed class LinkQueue(Action<ToBridge> send)
{
    /// <summary>No bridge means more than this; keeps the sum of grants from overflowing.</summary>
    private const int MaxCredit = 1_000_000;

    private readonly LinkedList<Entry> _waiting = new();
    private Entry? _outstanding;

    /// <summary>Packets that may be sent now.</summary>
    public int Credit { get; private set; }

    /// <summary>Sends a packet now when nothing is before it and there is credit for it.</summary>
    public bool TrySendPacket(ToBridge packet)
    {
        if (_waiting.Count > 0 || Credit == 0) return false;
        Credit--;
        send(packet);
        return true;
    }

    public Entry Add(ToBridge message, FromBridge.BodyOneofCase answer = FromBridge.BodyOneofCase.None, Characteristic characteristic = default)
    {
        var entry = new Entry(message, answer, characteristic);
        _waiting.AddLast(entry);
        Pump();
        return entry;
    }

    public void Grant(uint packets)
    {
        Credit = (int)Math.Min(Credit + (long)packets, MaxCredit);
        Pump();
    }

    /// <summary>Gives an answer to the request it belongs to; false when nobody asked that.</summary>
    public bool Answer(FromBridge message, Characteristic characteristic)
    {
        if (_outstanding is not { } request || request.Answer != message.BodyCase || request.Characteristic != characteristic) return false;
        _outstanding = null;
        request.Done.TrySetResult(message);
        Pump();
        return true;
    }

    /// <summary>Takes back what was not sent yet; false when it was. A request that was sent stays outstanding until it is answered.</summary>
    public bool TryWithdraw(Entry entry)
    {
        if (!_waiting.Remove(entry)) return false;
        Pump();
        return true;
    }

    /// <summary>Everything that waits or is outstanding fails.</summary>
    public void Fail(Func<Exception> error)
    {
        foreach (var entry in _waiting) entry.Done.TrySetException(error());
        _waiting.Clear();
        _outstanding?.Done.TrySetException(error());
        _outstanding = null;
        Credit = 0;
    }

    private void Pump()
    {
        while (_waiting.First is { Value: var head } && (head.IsPacket ? Credit > 0 : _outstanding is null))
        {
            _waiting.RemoveFirst();
            send(head.Message);
            if (head.IsPacket)
            {
                Credit--;
                head.Done.TrySetResult(null);
            }
            else
            {
                _outstanding = head;
            }
        }
    }

    /// <param name="answer">The body that answers a request; none for a packet.</param>
    internal sealed class Entry(ToBridge message, FromBridge.BodyOneofCase answer, Characteristic characteristic)
    {
        public ToBridge Message { get; } = message;

        public FromBridge.BodyOneofCase Answer { get; } = answer;

        public Characteristic Characteristic { get; } = characteristic;

        public bool IsPacket => Answer == FromBridge.BodyOneofCase.None;

        /// <summary>A packet: sent. A request: answered.</summary>
        public TaskCompletionSource<FromBridge?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
