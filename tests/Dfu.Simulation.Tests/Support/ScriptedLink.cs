using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

/// <summary>A link without a device: every request is answered at once by what a test says.</summary>
internal sealed class ScriptedLink(Func<byte[], byte[][]> answers) : IDfuLink
{
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>False makes packets wait for ever.</summary>
    public bool TakesPackets { get; init; } = true;

    public int Mtu => 247;
    public IReadOnlySet<DfuCharacteristic> Characteristics { get; } =
        new HashSet<DfuCharacteristic> { DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet };
    public TimeSpan? Interval => null;
    public bool KeepsOrder => true;
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed => _closed.Task;

    public Task SecureAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        foreach (var answer in answers(value.ToArray())) _notifications.Writer.TryWrite(new LinkNotification(DfuCharacteristic.ControlPoint, answer));
        return Task.CompletedTask;
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        TakesPackets ? ValueTask.CompletedTask : new ValueTask(new TaskCompletionSource().Task);

    public ValueTask DisposeAsync()
    {
        _closed.TrySetResult(new LinkClosure(LinkClosure.LocalHost));
        _notifications.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
