using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>A radio whose air is in the test's hands.</summary>
internal sealed class FakeRadio : IAdapter
{
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<FakeLink> _links = Channel.CreateUnbounded<FakeLink>();
    private readonly Channel<bool> _scans = Channel.CreateUnbounded<bool>();
    private int _connecting;

    public string Name { get; init; } = "fake radio";

    public BluetoothAddress? Address { get; init; } = BluetoothAddress.Parse("C0:00:00:00:00:01");

    public int MaxLinks { get; init; } = 32;

    public Task<string> Lost => _lost.Task;

    public Task Disposed => _disposed.Task;

    public int MostConnectsAtOnce { get; private set; }

    public Channel<Advertisement> Air { get; } = Channel.CreateUnbounded<Advertisement>();

    public Func<BluetoothAddress, LinkOptions, CancellationToken, Task<FakeLink>> OnConnect { get; set; } = static (_, _, _) => Task.FromResult(new FakeLink());

    /// <summary>The next link that was connected.</summary>
    public Task<FakeLink> NextLinkAsync() => _links.Reader.ReadAsync().Soon();

    /// <summary>The next time a scan was turned on (true) or off.</summary>
    public Task<bool> NextScanAsync() => _scans.Reader.ReadAsync().Soon();

    public void Lose(string reason) => _lost.TrySetResult(reason);

    public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _scans.Writer.TryWrite(true);
        try
        {
            await foreach (var advertisement in Air.Reader.ReadAllAsync(cancellationToken)) yield return advertisement;
        }
        finally
        {
            _scans.Writer.TryWrite(false);
        }
    }

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken)
    {
        MostConnectsAtOnce = Math.Max(MostConnectsAtOnce, Interlocked.Increment(ref _connecting));
        try
        {
            var link = await OnConnect(address, options, cancellationToken);
            link.Address = address;
            _links.Writer.TryWrite(link);
            return link;
        }
        finally
        {
            Interlocked.Decrement(ref _connecting);
        }
    }

    public ValueTask DisposeAsync()
    {
        _disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    /// <summary>A connect that nobody answers until it is cancelled.</summary>
    public static async Task<FakeLink> NeverAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        throw new DfuException(DfuError.Unexpected, "an endless wait has ended");
    }
}
