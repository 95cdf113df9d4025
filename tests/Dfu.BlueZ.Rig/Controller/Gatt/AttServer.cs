using System.Buffers.Binary;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>The peripheral's end of one connection: answers what the table knows, and asks the link for what only the device does.</summary>
internal sealed class AttServer
{
    public const int SmallestMtu = 23;

    private const int WriteHeader = 3;

    /// <summary>An unconfirmed indication holds back the next one, and the news of a device that left, for no longer than this.</summary>
    private static readonly TimeSpan ConfirmationTimeout = TimeSpan.FromSeconds(5);

    private readonly IDfuLink _link;
    private readonly GattTable _table;
    private readonly Action<byte[]> _send;
    private readonly Action<string> _log;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, ushort> _configurations = [];
    private Task _answered = Task.CompletedTask;
    private TaskCompletionSource? _unconfirmed;

    /// <param name="send">Takes an ATT packet for the host, from any thread.</param>
    public AttServer(IDfuLink link, GattTable table, Action<byte[]> send, Action<string> log, TimeProvider time) =>
        (_link, _table, _send, _log, _time) = (link, table, send, log, time);

    /// <summary>In force for this connection: 23 until the host has asked for more.</summary>
    public int Mtu { get; private set; } = SmallestMtu;

    /// <summary>Handles one packet of the host; returns when the radio has taken it, which for a request is before its answer.</summary>
    public async ValueTask HandleAsync(ReadOnlyMemory<byte> packet)
    {
        if (packet.IsEmpty) return;
        switch (packet.Span[0])
        {
            case AttOpCode.WriteCommand:
                await WriteCommandAsync(packet);
                break;
            case AttOpCode.Confirmation:
                Interlocked.Exchange(ref _unconfirmed, null)?.TrySetResult();
                break;
            case var operation when (operation & AttOpCode.CommandFlag) != 0 || operation % 2 != 0:
                _log($"att: 0x{operation:x2} is no request, passed over");
                break;
            case var operation when !_answered.IsCompleted:
                _log($"att: request 0x{operation:x2} before the answer to the one before, passed over");
                break;
            default:
                var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _answered = answered.Task;
                _ = AnswerAsync(packet, answered);
                break;
        }
    }

    /// <summary>Sends what the device sends until the link has closed, and says why it did.</summary>
    public async Task<LinkClosure> ForwardAsync()
    {
        while (await _link.Notifications.WaitToReadAsync())
        {
            while (_link.Notifications.TryRead(out var notification)) await ForwardAsync(notification);
        }

        var closure = await _link.Closed;
        if (closure.Reason == LinkClosure.RemoteUser) await WaitForConfirmationAsync(); // it leaves because it was confirmed
        return closure;
    }

    private async Task ForwardAsync(LinkNotification notification)
    {
        await _answered; // the acknowledgement of a write comes before what it leads to
        if (_table.ValueOf(notification.Characteristic) is not { } value || _table.Find((ushort)(value.Handle + 1)) is not { Kind: AttributeKind.Configuration } configuration) return;
        if (ConfigurationOf(configuration.Handle) == 0) return;
        var content = notification.Value[..Math.Min(notification.Value.Length, Mtu - WriteHeader)];
        if (configuration.Indicates)
        {
            await WaitForConfirmationAsync();
            _unconfirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _send([configuration.Indicates ? AttOpCode.Indication : AttOpCode.Notification, .. HciEvents.U16(value.Handle), .. content.Span]);
    }

    private async Task WaitForConfirmationAsync()
    {
        if (_unconfirmed is not { } unconfirmed) return;
        try
        {
            await unconfirmed.Task.WithinAsync(ConfirmationTimeout, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _log("att: an indication was never confirmed");
        }
    }

    private async Task WriteCommandAsync(ReadOnlyMemory<byte> packet)
    {
        if (packet.Length < WriteHeader || _table.Find(Handle(packet)) is not { Characteristic: DfuCharacteristic.Packet }) return;
        try
        {
            await _link.WriteCommandAsync(DfuCharacteristic.Packet, packet[WriteHeader..], CancellationToken.None);
        }
        catch (DfuException failure)
        {
            if (failure.Error != DfuError.LinkLost) _log($"att: write command: {failure.Message}");
        }
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> request, TaskCompletionSource answered)
    {
        try
        {
            _send(AttDiscovery.Answer(_table, request.Span, Mtu) ?? await ExecuteAsync(request));
        }
        catch (DfuException failure) when (failure.Error == DfuError.LinkLost)
        {
            // The host hears of the link's end instead.
        }
        catch (DfuException failure)
        {
            _send(Error(request, failure.Error == DfuError.AttError ? failure.AttStatus : AttStatus.Unlikely));
        }
        finally
        {
            answered.SetResult();
        }
    }

    private async Task<byte[]> ExecuteAsync(ReadOnlyMemory<byte> request)
    {
        if (request.Length < WriteHeader) return Error(request, AttStatus.InvalidPdu);
        var operation = request.Span[0];
        if (operation == AttOpCode.ExchangeMtuRequest)
        {
            Mtu = Math.Max(SmallestMtu, Math.Min(Handle(request), _link.Mtu));
            return [AttOpCode.ExchangeMtuRequest + 1, .. HciEvents.U16(_link.Mtu)];
        }

        if (operation is not (AttOpCode.ReadRequest or AttOpCode.ReadBlobRequest or AttOpCode.WriteRequest)) return Error(request, AttStatus.RequestNotSupported);
        if (_table.Find(Handle(request)) is not { } attribute) return Error(request, AttStatus.InvalidHandle);
        return operation == AttOpCode.WriteRequest ? await WriteAsync(request, attribute) : Read(request, attribute);
    }

    private byte[] Read(ReadOnlyMemory<byte> request, GattAttribute attribute)
    {
        var value = attribute switch
        {
            { Kind: AttributeKind.Fixed } => attribute.Value,
            { Kind: AttributeKind.Configuration } => HciEvents.U16(ConfigurationOf(attribute.Handle)),
            _ => null,
        };
        if (value is null) return Error(request, AttStatus.ReadNotPermitted);
        var offset = 0;
        if (request.Span[0] == AttOpCode.ReadBlobRequest)
        {
            if (request.Length < 5) return Error(request, AttStatus.InvalidPdu);
            offset = BinaryPrimitives.ReadUInt16LittleEndian(request.Span[3..]);
            if (offset > value.Length) return Error(request, AttStatus.InvalidOffset);
        }

        return [(byte)(request.Span[0] + 1), .. value.AsSpan(offset, Math.Min(value.Length - offset, Mtu - 1))];
    }

    private async Task<byte[]> WriteAsync(ReadOnlyMemory<byte> request, GattAttribute attribute)
    {
        var value = request[WriteHeader..];
        switch (attribute.Kind)
        {
            case AttributeKind.Fixed:
                return Error(request, AttStatus.WriteNotPermitted);
            case AttributeKind.Configuration:
                if (value.Length != 2) return Error(request, AttStatus.InvalidLength);
                await ConfigureAsync(attribute, BinaryPrimitives.ReadUInt16LittleEndian(value.Span));
                break;
            default:
                await _link.WriteAsync(attribute.Characteristic!.Value, value, CancellationToken.None);
                break;
        }

        return [AttOpCode.WriteRequest + 1];
    }

    private async Task ConfigureAsync(GattAttribute attribute, ushort bits)
    {
        if (attribute.Characteristic is { } characteristic)
        {
            if (bits != 0) await _link.SubscribeAsync(characteristic, CancellationToken.None);
            else if (_link is SimulatedLink simulated) await simulated.UnsubscribeAsync(characteristic, CancellationToken.None);
        }

        lock (_gate) _configurations[attribute.Handle] = bits;
    }

    private ushort ConfigurationOf(ushort handle)
    {
        lock (_gate) return _configurations.GetValueOrDefault(handle);
    }

    /// <summary>The first parameter of most requests, a handle; of an MTU exchange the host's MTU.</summary>
    private static ushort Handle(ReadOnlyMemory<byte> request) => BinaryPrimitives.ReadUInt16LittleEndian(request.Span[1..]);

    private static byte[] Error(ReadOnlyMemory<byte> request, byte status) =>
        AttDiscovery.Error(request.Span[0], request.Length >= WriteHeader && request.Span[0] != AttOpCode.ExchangeMtuRequest ? Handle(request) : (ushort)0, status);
}
