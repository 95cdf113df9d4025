using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Protocol.Links;

namespace Dfu.Benchmarks.Fleets;

/// <summary>Times every link that carries a whole image, from when the product gets it until it has closed.</summary>
/// <remarks>The first device of a campaign may be sent an object and left, to see what its bootloader keeps; that link is not a transfer.</remarks>
internal sealed class TransferClock(TimeProvider time, int imageBytes)
{
    private readonly Lock _gate = new();
    private readonly List<(long From, long To)> _lives = [];

    public IDfuLink Watch(IDfuLink link) => new TimedLink(link, this);

    public IAdapterSource Watch(IAdapterSource source) => new TimedSource(source, this);

    /// <summary>What was timed since the last call.</summary>
    public Transfers Take()
    {
        lock (_gate)
        {
            var lives = _lives.ToArray();
            _lives.Clear();
            return new(
                [.. lives.Select(life => time.GetElapsedTime(life.From, life.To).TotalSeconds).Order()],
                lives.Length == 0 ? 0 : time.GetElapsedTime(lives.Min(static life => life.From), lives.Max(static life => life.To)).TotalSeconds,
                MostAtOnce(lives));
        }
    }

    private static int MostAtOnce((long From, long To)[] lives)
    {
        var (now, most) = (0, 0);
        foreach (var (_, change) in lives.SelectMany(static life => new[] { (life.From, 1), (life.To, -1) }).OrderBy(static change => change))
            most = Math.Max(most, now += change);
        return most;
    }

    private async Task TimeAsync(TimedLink link, long from)
    {
        await link.Closed;
        var to = time.GetTimestamp();
        if (link.Carried < imageBytes) return;
        lock (_gate) _lives.Add((from, to));
    }

    private sealed class TimedSource(IAdapterSource inner, TransferClock clock) : IAdapterSource
    {
        public string Id => inner.Id;

        public async Task<IAdapter> OpenAsync(CancellationToken cancellationToken) => new TimedAdapter(await inner.OpenAsync(cancellationToken), clock);

        public Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken) => inner.RecoverAsync(step, cancellationToken);
    }

    private sealed class TimedAdapter(IAdapter inner, TransferClock clock) : IAdapter
    {
        public string Name => inner.Name;
        public BluetoothAddress? Address => inner.Address;
        public int MaxLinks => inner.MaxLinks;
        public Task<string> Lost => inner.Lost;

        public IAsyncEnumerable<Advertisement> ScanAsync(CancellationToken cancellationToken) => inner.ScanAsync(cancellationToken);

        public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken) =>
            clock.Watch(await inner.ConnectAsync(address, addressType, options, cancellationToken));

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class TimedLink : IDfuLink
    {
        private readonly IDfuLink _inner;

        public TimedLink(IDfuLink inner, TransferClock clock)
        {
            _inner = inner;
            _ = clock.TimeAsync(this, clock.Now);
        }

        public long Carried { get; private set; }
        public int Mtu => _inner.Mtu;
        public IReadOnlySet<DfuCharacteristic> Characteristics => _inner.Characteristics;
        public IReadOnlySet<Guid> Readable => _inner.Readable;
        public TimeSpan? Interval => _inner.Interval;
        public bool KeepsOrder => _inner.KeepsOrder;
        public ChannelReader<LinkNotification> Notifications => _inner.Notifications;
        public Task<LinkClosure> Closed => _inner.Closed;

        public Task SecureAsync(CancellationToken cancellationToken) => _inner.SecureAsync(cancellationToken);

        public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
            _inner.SubscribeAsync(characteristic, cancellationToken);

        public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
            _inner.WriteAsync(characteristic, value, cancellationToken);

        public Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken) =>
            _inner.ReadAsync(characteristic, cancellationToken);

        public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            Carried += value.Length;
            return _inner.WriteCommandAsync(characteristic, value, cancellationToken);
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }

    private long Now => time.GetTimestamp();
}

/// <param name="Seconds">Of each transfer, the shortest first.</param>
/// <param name="All">Seconds from the first link's opening to the last one's end.</param>
internal sealed record Transfers(IReadOnlyList<double> Seconds, double All, int AtOnce)
{
    /// <summary>Those of adapters that have nothing to do with each other, begun at the same time.</summary>
    public static Transfers Together(IEnumerable<Transfers> adapters)
    {
        var all = adapters.ToList();
        return new([.. all.SelectMany(static one => one.Seconds).Order()], all.Max(static one => one.All), all.Sum(static one => one.AtOnce));
    }

    public double Mean => Seconds.Average();

    public double At(double share) => Seconds[(int)(share * (Seconds.Count - 1))];
}
