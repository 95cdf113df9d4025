using System.Threading.Channels;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Protocol.Tests.Transfers;

public sealed class SendingTests
{
    /// <summary>An object costs the same few bytes of memory whether it goes in 17 packets or in 205.</summary>
    [Fact]
    public async Task A_packet_that_the_radio_takes_allocates_nothing()
    {
        var (few, many) = (await AllocatedAsync(mtu: 247), await AllocatedAsync(mtu: 23));
        Assert.Equal(few, many);
        Assert.InRange(many, 0, 400);
    }

    private static async Task<long> AllocatedAsync(int mtu)
    {
        var link = new TakingLink(mtu);
        var control = new ControlPoint(link, new TransferOptions(), TimeProvider.System);
        var stream = new PacketStream(control, new BootloaderRules(512, mtu), new SilentObserver(), TimeProvider.System);
        var pacing = Pacing.Initial with { Burst = 1000, BurstAfterSave = 1000 };
        var content = new byte[4096];
        long least = long.MaxValue;
        for (var i = 0; i < 50; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            await stream.SendAsync(0, content, pacing, CancellationToken.None);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(50 * 4096, link.Bytes);
        return least;
    }

    private sealed class TakingLink(int mtu) : IDfuLink
    {
        public long Bytes { get; private set; }
        public int Mtu => mtu;
        public IReadOnlySet<DfuCharacteristic> Characteristics { get; } = new HashSet<DfuCharacteristic>();
        public TimeSpan? Interval => null;
        public bool KeepsOrder => true;
        public ChannelReader<LinkNotification> Notifications { get; } = Channel.CreateUnbounded<LinkNotification>().Reader;
        public Task<LinkClosure> Closed { get; } = new TaskCompletionSource<LinkClosure>().Task;

        public Task SecureAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            Bytes += value.Length;
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class SilentObserver : ITransferObserver
    {
        public void PhaseChanged(TransferPhase phase)
        {
        }

        public void Resumed(ResumeRecord record)
        {
        }

        public void Sent(long offset, int count)
        {
        }

        public void Confirmed(long offset, uint crc)
        {
        }

        public void Saved(long offset)
        {
        }

        public void TraitsLearned(BootloaderTraits traits)
        {
        }

        public Task LastExecuteAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
