using System.Threading.Channels;
using Dfu.Fleet.Attempts;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Attempts;

/// <summary>A process that was stopped for longer than its lease goes on with its links open, before a timer has told it anything.</summary>
public sealed class LeasedLinkTests
{
    [Fact]
    public async Task Nothing_gets_to_a_device_after_the_right_to_it_is_lost()
    {
        var (open, over) = (new OpenLink(), false);
        var link = new LeasedLink(open, () =>
        {
            if (over) throw new OperationCanceledException();
        });
        Func<Task>[] uses =
        [
            () => link.SecureAsync(default),
            () => link.SubscribeAsync(DfuCharacteristic.ControlPoint, default),
            () => link.WriteAsync(DfuCharacteristic.ControlPoint, default, default),
            () => link.ReadAsync(default, default),
            () => link.WriteCommandAsync(DfuCharacteristic.Packet, default, default).AsTask(),
        ];
        foreach (var use in uses) await use();
        Assert.Equal(uses.Length, open.Uses);

        over = true;
        foreach (var use in uses) await Assert.ThrowsAsync<OperationCanceledException>(use);
        Assert.Equal(uses.Length, open.Uses);

        await link.DisposeAsync();
        Assert.True(link.Closed.IsCompletedSuccessfully);
    }

    private sealed class OpenLink : IDfuLink
    {
        private readonly TaskCompletionSource<LinkClosure> _closed = new();

        public int Uses { get; private set; }
        public int Mtu => 247;
        public IReadOnlySet<DfuCharacteristic> Characteristics { get; } = new HashSet<DfuCharacteristic>();
        public TimeSpan? Interval => null;
        public bool KeepsOrder => true;
        public ChannelReader<LinkNotification> Notifications { get; } = Channel.CreateUnbounded<LinkNotification>().Reader;
        public Task<LinkClosure> Closed => _closed.Task;

        public Task SecureAsync(CancellationToken cancellationToken) => Use();

        public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => Use();

        public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) => Use();

        public Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken)
        {
            Uses++;
            return Task.FromResult(ReadOnlyMemory<byte>.Empty);
        }

        public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) => new(Use());

        public ValueTask DisposeAsync()
        {
            _closed.TrySetResult(new(LinkClosure.LocalHost));
            return ValueTask.CompletedTask;
        }

        private Task Use()
        {
            Uses++;
            return Task.CompletedTask;
        }
    }
}
