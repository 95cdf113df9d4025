using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Adapters;

/// <summary>A radio that does at once what it is told, and counts.</summary>
internal sealed class FakeSource(string id) : IAdapterSource
{
    private int _openings;
    private int _open;
    private int _mostOpen;

    public string Id => id;
    public int Openings => Volatile.Read(ref _openings);
    public int Open => Volatile.Read(ref _open);

    /// <summary>Instances that were open at the same time, at most.</summary>
    public int MostOpen => Volatile.Read(ref _mostOpen);
    public FakeAdapter? Current { get; private set; }
    public DfuException? Refuses { get; set; }

    /// <summary>Its instances open when this completes, whoever has given up waiting for them.</summary>
    public Task MayOpen { get; set; } = Task.CompletedTask;

    /// <summary>Its instances close when this completes.</summary>
    public Task MayClose { get; set; } = Task.CompletedTask;

    public async Task<IAdapter> OpenAsync(CancellationToken cancellationToken)
    {
        if (Refuses is not null) throw Refuses;
        Interlocked.Increment(ref _openings);
        InterlockedMax(Interlocked.Increment(ref _open));
        await MayOpen;
        return Current = new FakeAdapter(this);
    }

    /// <summary>Steps of the ladder it has.</summary>
    public HashSet<RecoveryStep> Has { get; } = [RecoveryStep.Reopen, RecoveryStep.PowerCycle, RecoveryStep.UsbReset];

    public Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken) => Task.FromResult(Has.Contains(step));

    public void Closed() => Interlocked.Decrement(ref _open);

    private void InterlockedMax(int value)
    {
        for (var seen = MostOpen; value > seen; seen = MostOpen) Interlocked.CompareExchange(ref _mostOpen, value, seen);
    }
}

internal sealed class FakeAdapter(FakeSource source) : IAdapter
{
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<Advertisement> _air = Channel.CreateUnbounded<Advertisement>();
    private int _disposed;

    public string Name => "fake " + source.Id;
    public BluetoothAddress? Address => null;
    public int MaxLinks => 8;
    public Task<string> Lost => _lost.Task;
    public List<FakeLink> Links { get; } = [];

    public void Hear(Advertisement advertisement) => _air.Writer.TryWrite(advertisement);

    /// <summary>Ends the scan as a call does whose connection is gone.</summary>
    public void CancelScan() => _air.Writer.TryComplete(new OperationCanceledException());

    public void Lose() => _lost.TrySetResult("pulled out");

    public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _air.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_air.Reader.TryRead(out var advertisement)) yield return advertisement;
        }
    }

    public Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken)
    {
        var link = new FakeLink();
        lock (Links) Links.Add(link);
        return Task.FromResult<IDfuLink>(link);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await source.MayClose;
        lock (Links)
        {
            foreach (var link in Links) link.Close(LinkClosure.LocalHost);
        }

        source.Closed();
    }
}

/// <summary>A link that is only held; values do not move over it.</summary>
internal sealed class FakeLink : IDfuLink
{
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Mtu => 247;
    public IReadOnlySet<DfuCharacteristic> Characteristics { get; } = new HashSet<DfuCharacteristic>();
    public TimeSpan? Interval => null;
    public bool KeepsOrder => true;
    public ChannelReader<LinkNotification> Notifications => throw new NotSupportedException();
    public Task<LinkClosure> Closed => _closed.Task;
    public bool IsClosed => _closed.Task.IsCompleted;

    /// <param name="link">As an attempt gets it.</param>
    public static FakeLink Of(IDfuLink link) => (FakeLink)((LeasedLink)link).Inner;

    public void Close(byte reason) => _closed.TrySetResult(new(reason));

    public Task SecureAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        Close(LinkClosure.LocalHost);
        return ValueTask.CompletedTask;
    }
}
