using System.Threading.Channels;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Bridge.Tests;

internal sealed record Call(string Kind, DfuCharacteristic Characteristic, byte[] Value);

/// <summary>A peripheral that records what reaches it and answers as the test says.</summary>
internal sealed class FakeLink : IDfuLink
{
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    public BluetoothAddress Address { get; set; }

    public int Mtu { get; init; } = 247;

    public IReadOnlySet<DfuCharacteristic> Characteristics { get; init; } =
        new HashSet<DfuCharacteristic> { DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet };

    public IReadOnlyDictionary<Guid, byte[]> Values { get; init; } = new Dictionary<Guid, byte[]>();

    public IReadOnlySet<Guid> Readable => Values.Keys.ToHashSet();

    public TimeSpan? Interval { get; init; } = TimeSpan.FromMicroseconds(15_000);

    public bool KeepsOrder => true;

    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;

    public Task<LinkClosure> Closed => _closed.Task;

    public Func<Call, Task> OnRequest { get; set; } = static _ => Task.CompletedTask;

    public Func<Call, Task> OnPacket { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Whether requests go on after the link has closed, as they should not.</summary>
    public bool Stubborn { get; init; }

    public int Unread => _notifications.Reader.Count;

    public Task<Call> NextAsync() => _calls.Reader.ReadAsync().Soon();

    public bool TryNext(out Call? call) => _calls.Reader.TryRead(out call);

    public void Notify(DfuCharacteristic characteristic, params byte[] value) => _notifications.Writer.TryWrite(new LinkNotification(characteristic, value));

    public void Close(byte reason)
    {
        _notifications.Writer.TryComplete();
        _closed.TrySetResult(new LinkClosure(reason));
    }

    public Task SecureAsync(CancellationToken cancellationToken) => RequestAsync(new Call("secure", default, []), cancellationToken);

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        RequestAsync(new Call("subscribe", characteristic, []), cancellationToken);

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        RequestAsync(new Call("write", characteristic, value.ToArray()), cancellationToken);

    public async Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken)
    {
        await RequestAsync(new Call("read", default, []), cancellationToken);
        return Values[characteristic];
    }

    public async ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var call = new Call("packet", characteristic, value.ToArray());
        await UnlessClosedAsync(OnPacket(call).WaitAsync(cancellationToken));
        _calls.Writer.TryWrite(call);
    }

    public ValueTask DisposeAsync()
    {
        Close(LinkClosure.LocalHost);
        return ValueTask.CompletedTask;
    }

    private async Task RequestAsync(Call call, CancellationToken cancellationToken)
    {
        _calls.Writer.TryWrite(call);
        var answer = OnRequest(call);
        if (Stubborn) await answer;
        else await UnlessClosedAsync(answer.WaitAsync(cancellationToken));
    }

    private async Task UnlessClosedAsync(Task task)
    {
        await Task.WhenAny(task, _closed.Task);
        if (!task.IsCompleted) throw new DfuException(DfuError.LinkLost, "the fake link closed");
        await task;
    }
}
