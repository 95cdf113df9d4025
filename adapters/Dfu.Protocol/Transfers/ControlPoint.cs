using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Timing;

namespace Dfu.Protocol.Transfers;

/// <summary>Requests and answers over one link, one at a time, each with a timeout.</summary>
/// <remarks>
/// An answer may be lost (the bootloader ignores that its notification could not be queued), so waiting for ever is not an
/// option. Requests that change nothing, or change the same thing twice, are asked again; the others are the caller's.
/// </remarks>
internal sealed class ControlPoint(IDfuLink link, TransferOptions options, TimeProvider time)
{
    /// <summary>A command object has 256 or 512 bytes, a data object 4096; other builds may differ, but not by this much.</summary>
    private const uint SmallestObject = 256;
    private const uint LargestCommand = 512;
    private const uint LargestObject = 65_536;

    private ChecksumResponse? _receipt;
    private ushort _prn;

    public async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await link.SubscribeAsync(DfuCharacteristic.ControlPoint, cancellationToken).WithinAsync(options.RequestTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new DfuException(DfuError.NotificationsRefused, $"turning on notifications took longer than {options.RequestTimeout.TotalSeconds:0.#} s");
        }
        catch (DfuException e) when (e.Error == DfuError.AttError)
        {
            throw new DfuException(DfuError.NotificationsRefused, $"turning on notifications was refused with ATT status 0x{e.AttStatus:x2}", e);
        }
    }

    public async Task<SelectResponse> SelectAsync(ObjectType type, CancellationToken cancellationToken)
    {
        var response = await AskAsync(Request.Select(type), options.RequestTimeout, cancellationToken);
        if (!SelectResponse.TryParse(Expect(response, Asked.Other), out var select)) throw Violation(response, "SELECT");
        if (type == ObjectType.Data && select.MaxSize <= LargestCommand)
        {
            // Answers do not say which type they are about: that was one about the command object, come twice or late.
            response = await AskAsync(Request.Select(type), options.RequestTimeout, cancellationToken);
            if (!SelectResponse.TryParse(Expect(response, Asked.Other), out select)) throw Violation(response, "SELECT");
        }

        return select.MaxSize is >= SmallestObject and <= LargestObject && select.MaxSize % 4 == 0
            ? select
            : throw new DfuException(DfuError.ProtocolViolation, $"the bootloader says that its {type} objects have up to {select.MaxSize} bytes");
    }

    public async Task SetPrnAsync(ushort packets, CancellationToken cancellationToken)
    {
        _prn = packets;
        Expect(await AskAsync(Request.SetPrn(packets), options.RequestTimeout, cancellationToken), Asked.Other);
    }

    /// <summary>Hands a packet to the link, which may wait for room, but not for ever.</summary>
    public async Task SendPacketAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
    {
        var write = link.WriteCommandAsync(DfuCharacteristic.Packet, packet, cancellationToken);
        try
        {
            if (write.IsCompleted) await write;
            else await write.AsTask().WithinAsync(options.ExecuteTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new DfuException(DfuError.RequestTimeout, $"the link took no packet for {options.ExecuteTimeout.TotalSeconds:0.#} s");
        }
    }

    /// <summary>
    /// What the device holds of an object that was sent up to <paramref name="sent"/>. Where the request may overtake packets, it
    /// is asked until no more arrive.
    /// </summary>
    public async Task<ChecksumResponse> GetCrcOfSentAsync(long sent, CancellationToken cancellationToken)
    {
        var held = await GetCrcAsync(cancellationToken);
        for (var unchanged = 0; !link.KeepsOrder && held.Offset < sent && unchanged < 2;)
        {
            await Task.Delay(TransferTimes.PacketsArrive, time, cancellationToken);
            var now = await GetCrcAsync(cancellationToken);
            unchanged = now.Offset > held.Offset ? 0 : unchanged + 1;
            held = now;
        }

        return held;
    }

    public async Task<ChecksumResponse> GetCrcAsync(CancellationToken cancellationToken)
    {
        var response = await AskAsync(Request.GetCrc(), options.RequestTimeout, cancellationToken);

        // An answer without success was the receipt of a refused packet (docs/bootloader.md F18) that was on its way.
        if (!response.IsSuccess) response = await AskAsync(Request.GetCrc(), options.RequestTimeout, cancellationToken);
        return ChecksumResponse.TryParse(Expect(response, Asked.Other), out var checksum) ? checksum : throw Violation(response, "CRC");
    }

    /// <summary>The answer of CREATE as it is. Creating an object twice is the same as once.</summary>
    public Task<Response> CreateAsync(ObjectType type, long size, CancellationToken cancellationToken) =>
        AskAsync(Request.Create(type, (uint)size), options.RequestTimeout, cancellationToken);

    /// <summary>The answer of an EXECUTE that may be repeated: any but the last of an image (F13).</summary>
    public Task<Response> ExecuteAsync(CancellationToken cancellationToken) =>
        AskAsync(Request.Execute(), options.ExecuteTimeout, cancellationToken);

    /// <summary>The answer of the last EXECUTE of an image, which is sent once; null when none came or the link closed first.</summary>
    public async Task<Response?> ExecuteLastAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AskOnceAsync(Request.Execute(), options.ExecuteTimeout, cancellationToken);
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost)
        {
            return null;
        }
    }

    /// <summary>Asks a bootloader to reset; it answers nothing.</summary>
    public async Task AbortAsync(CancellationToken cancellationToken)
    {
        try
        {
            var written = link.WriteAsync(DfuCharacteristic.ControlPoint, Request.Abort(), cancellationToken);
            await written.WithinAsync(options.RequestTimeout, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException || (e is DfuException refused && !refused.WantsEncryption()))
        {
            // It resets, with or without a word: the link is of no use any more either way.
        }
    }

    /// <summary>Asks a bootloader to leave DFU mode, and looks whether it does.</summary>
    /// <returns>Whether it left; false when it does not know the request, null when it neither answered nor left in time.</returns>
    public async Task<bool?> LeaveAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        await AbortAsync(cancellationToken);
        try
        {
            return await ReceiveAsync(OpCode.Abort, within, cancellationToken) is null ? null : false;
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost)
        {
            return true;
        }
    }

    /// <summary>The packet receipt notification that came last since <see cref="ForgetReceipt"/>, if any.</summary>
    public ChecksumResponse? Receipt => _receipt;

    public void ForgetReceipt() => _receipt = null;

    /// <summary>Waits for a packet receipt notification; null when none came in time.</summary>
    public async Task<ChecksumResponse?> ReceiptAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_receipt is null && await ReceiveAsync(OpCode.GetCrc, timeout, cancellationToken) is { } response)
        {
            // A receipt with an error says that the packet was refused (F18); nothing of the object counts then.
            _receipt = ChecksumResponse.TryParse(response, out var checksum) ? checksum : default(ChecksumResponse);
        }

        return _receipt;
    }

    public static Response Expect(Response response, Asked asked) => response.IsSuccess ? response : throw Refusal.Exception(response, asked);

    private async Task<Response> AskAsync(byte[] request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (var repeat = 0; repeat <= options.RequestRepeats; repeat++)
        {
            if (await AskOnceAsync(request, timeout, cancellationToken) is not { } response) continue;
            if (repeat > 0) await PassLateAnswersAsync(request[0], cancellationToken);
            return response;
        }

        throw Unanswered(request[0]);
    }

    /// <summary>
    /// The answer to a request that was repeated may be that to the first of them, and the other may still come: it would be
    /// taken for the answer to the next request of its kind. Answers come in order, so that to a request of another kind is behind it.
    /// </summary>
    private async Task PassLateAnswersAsync(byte opCode, CancellationToken cancellationToken)
    {
        var other = opCode == OpCode.GetCrc ? Request.SetPrn(_prn) : Request.GetCrc();
        for (var repeat = 0; repeat <= options.RequestRepeats; repeat++)
        {
            if (await AskOnceAsync(other, options.RequestTimeout, cancellationToken) is not null) return;
        }

        throw Unanswered(other[0]);
    }

    private DfuException Unanswered(byte opCode) =>
        new(DfuError.RequestTimeout, $"request {opCode:x2} was not answered, {options.RequestRepeats + 1} times asked");

    private async Task<Response?> AskOnceAsync(byte[] request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        TakeReceipts();
        try
        {
            await link.WriteAsync(DfuCharacteristic.ControlPoint, request, cancellationToken).WithinAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // An ATT transaction that does not end leaves no room for another: only a new link helps.
            throw new DfuException(DfuError.RequestTimeout, $"the write of request {request[0]:x2} was not acknowledged");
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost && TryTakeAnswer(request[0], out var response))
        {
            return response; // answered, and then the device hung up
        }

        return await ReceiveAsync(request[0], timeout, cancellationToken);
    }

    private async Task<Response?> ReceiveAsync(byte opCode, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (await link.Notifications.WaitToReadAsync(either.Token))
            {
                if (TryTakeAnswer(opCode, out var response)) return response;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        var closure = await link.Closed;
        throw new DfuException(DfuError.LinkLost, $"the link dropped, reason {closure}");
    }

    private bool TryTakeAnswer(byte opCode, out Response answer)
    {
        while (link.Notifications.TryRead(out var notification))
        {
            if (notification.Characteristic != DfuCharacteristic.ControlPoint || !Response.TryParse(notification.Value, out answer)) continue;
            if (answer.OpCode == opCode) return true;
            KeepReceipt(answer);
        }

        answer = default;
        return false;
    }

    private void TakeReceipts()
    {
        while (link.Notifications.TryRead(out var notification))
        {
            if (notification.Characteristic == DfuCharacteristic.ControlPoint && Response.TryParse(notification.Value, out var response)) KeepReceipt(response);
        }
    }

    private void KeepReceipt(Response response)
    {
        if (response.OpCode != OpCode.GetCrc) return;
        _receipt = ChecksumResponse.TryParse(response, out var checksum) ? checksum : default(ChecksumResponse);
    }

    private static DfuException Violation(Response response, string request) =>
        new(DfuError.ProtocolViolation, $"the bootloader answered {request} with {response.Bytes} and {response.Body.Length} bytes");
}
