using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Timing;

namespace Dfu.Protocol.Transfers;

/// <summary>Requests and answers over one link, one at a time, each with a timeout.</summary>
/// <remarks>
/// An answer may be lost (the bootloader ignores that its notification could not be queued). One that does not come within <see cref="Patience"/> is asked
/// for by a request that changes nothing. Answers come in order, so the answer to that question without the other before it says that the other will not
/// come, and only then is the request sent again. An EXECUTE(data) is answered when the flash is idle, after the question: it has another wait.
/// </remarks>
internal sealed class ControlPoint(IDfuLink link, TransferOptions options, TimeProvider time)
{
    /// <summary>A command object has 256 or 512 bytes, a data object 4096; other builds may differ, but not by this much.</summary>
    private const uint SmallestObject = 256;
    private const uint LargestCommand = 512;
    private const uint LargestObject = 65_536;

    private readonly Patience _patience = new(link.Interval);
    private ChecksumResponse? _receipt;

    /// <summary>An answer to EXECUTE that came while another answer was waited for.</summary>
    private Response? _executed;
    private ObjectType _selected = ObjectType.Command;
    private ushort? _prn;

    /// <summary>Whether the request that was answered last had to be sent more than once.</summary>
    public bool Repeated { get; private set; }

    /// <summary>One of two EXECUTE(data) may still wait for the flash, until another at a boundary, sent once, is answered behind it.</summary>
    public bool ExecuteMayWait { get; private set; }

    /// <summary>From the last writing of that request to its answer.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>How much longer that was than the shortest round trip of the link.</summary>
    public TimeSpan Late => Took > _patience.Shortest ? Took - _patience.Shortest : TimeSpan.Zero;

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
        _selected = type;
        var response = await AskAsync(Request.Select(type), cancellationToken);
        if (!SelectResponse.TryParse(Expect(response, Asked.Other), out var select)) throw Violation(response, "SELECT");
        if (type == ObjectType.Data && select.MaxSize <= LargestCommand)
        {
            // Answers do not say which type they are about: that was one about the command object, come twice or late.
            response = await AskAsync(Request.Select(type), cancellationToken);
            if (!SelectResponse.TryParse(Expect(response, Asked.Other), out select)) throw Violation(response, "SELECT");
        }

        return select.MaxSize is >= SmallestObject and <= LargestObject && select.MaxSize % 4 == 0
            ? select
            : throw new DfuException(DfuError.ProtocolViolation, $"the bootloader says that its {type} objects have up to {select.MaxSize} bytes");
    }

    /// <param name="always">Also where the device was told so on this link already.</param>
    public async Task SetPrnAsync(ushort packets, CancellationToken cancellationToken, bool always = false)
    {
        if (_prn == packets && !always) return;
        Expect(await AskAsync(Request.SetPrn(packets), cancellationToken), Asked.Other);
        _prn = packets;
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
        var response = await AskAsync(Request.GetCrc(), cancellationToken);

        // An answer without success was the receipt of a refused packet (docs/bootloader.md F18) that was on its way.
        if (!response.IsSuccess) response = await AskAsync(Request.GetCrc(), cancellationToken);
        return ChecksumResponse.TryParse(Expect(response, Asked.Other), out var checksum) ? checksum : throw Violation(response, "CRC");
    }

    /// <summary>The answer of CREATE as it is. Creating an object twice is the same as once.</summary>
    public Task<Response> CreateAsync(ObjectType type, long size, CancellationToken cancellationToken)
    {
        _selected = type;
        return AskAsync(Request.Create(type, (uint)size), cancellationToken);
    }

    /// <summary>The answer of EXECUTE(command), which may check a signature first: the device answers nothing else meanwhile.</summary>
    public Task<Response> ExecuteCommandAsync(CancellationToken cancellationToken) =>
        AskAsync(Request.Execute(), options.ExecuteTimeout, _patience.OfRequest, ofRepeat: null, cancellationToken);

    /// <summary>The answer of an EXECUTE(data) that may be repeated: any but the last of an image (F13).</summary>
    /// <param name="whole">Offset that the device has when the object is whole.</param>
    public async Task<Response> ExecuteDataAsync(FlashWork work, long whole, Pacing pacing, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var wait = _patience.OfExecute(work, pacing);
        var response = await AskAsync(
            Request.Execute(), options.ExecuteTimeout, wait, () => _patience.OfRepeat(work, pacing, wait, _receipt?.Offset < whole), cancellationToken);
        if (!Repeated) _patience.Executed(work, time.GetElapsedTime(began));
        ExecuteMayWait = Repeated || (ExecuteMayWait && work != FlashWork.Save);
        return response;
    }

    /// <summary>
    /// The answer of the last EXECUTE of an image; null when none came or the link closed first. It is sent once, and again only where the device has twice
    /// said that it still holds the whole image, and time enough for its flash lay between: then it has not read the request.
    /// </summary>
    /// <param name="holdsAll">Asks the device; false also where it does not answer.</param>
    public async Task<Response?> ExecuteLastAsync(Func<CancellationToken, Task<bool>> holdsAll, Pacing pacing, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var wait = _patience.OfExecute(FlashWork.Object, pacing);
        var settles = _patience.OfExecute(FlashWork.Save, pacing);
        TakeReceipts(); // what came before is no answer to this one
        _executed = null;
        try
        {
            await WriteAsync(Request.Execute(), options.ExecuteTimeout, cancellationToken);
            for (var held = 0; time.GetElapsedTime(began) < options.ExecuteTimeout * (options.RequestRepeats + 1); wait = settles)
            {
                if (await ReceiveAsync(OpCode.Execute, default, wait, cancellationToken) is { } response) return response;
                if (!await holdsAll(cancellationToken) || _executed is not null) return _executed;
                if (++held < 2) continue;
                (held, settles) = (0, 2 * settles);
                await WriteAsync(Request.Execute(), options.ExecuteTimeout, cancellationToken);
            }

            return null;
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost)
        {
            TakeReceipts();
            return _executed;
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
            return await ReceiveAsync(OpCode.Abort, default, within, cancellationToken) is null ? null : false;
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost)
        {
            return true;
        }
    }

    /// <summary>The packet receipt notification that came last since <see cref="ForgetReceipt"/>, if any.</summary>
    public ChecksumResponse? Receipt => _receipt;

    public void ForgetReceipt() => _receipt = null;

    /// <summary>Waits for a packet receipt notification; asks what the device holds when none comes.</summary>
    public async Task<ChecksumResponse> ReceiptAsync(CancellationToken cancellationToken)
    {
        if (_receipt is null && await ReceiveAsync(OpCode.GetCrc, default, _patience.OfRequest, cancellationToken) is { } response) Keep(response);
        if (_receipt is { } receipt) return receipt;
        var held = await SelectAsync(ObjectType.Data, cancellationToken); // its answer looks like no receipt, and is behind one that was late
        return _receipt ?? new ChecksumResponse(held.Offset, held.Crc);
    }

    public static Response Expect(Response response, Asked asked) => response.IsSuccess ? response : throw Refusal.Exception(response, asked);

    private Task<Response> AskAsync(byte[] request, CancellationToken cancellationToken) =>
        AskAsync(request, options.RequestTimeout, _patience.OfRequest, ofRepeat: null, cancellationToken);

    /// <param name="timeout">A request that is not answered within so many of these as it may be asked ends the link.</param>
    /// <param name="patience">Until the device is asked whether the answer is still to come.</param>
    /// <param name="ofRepeat">How long a request that the device answers when its flash is idle is waited for after that; null for all others.</param>
    private async Task<Response> AskAsync(byte[] request, TimeSpan timeout, TimeSpan patience, Func<TimeSpan>? ofRepeat, CancellationToken cancellationToken)
    {
        Repeated = false;
        var began = time.GetTimestamp();
        var deadline = timeout * (options.RequestRepeats + 1);
        var question = request[0] == OpCode.GetCrc ? Request.Select(_selected) : Request.GetCrc();
        var (asked, repeats) = (false, 0);
        TakeReceipts();
        for (var wait = patience; time.GetElapsedTime(began) < deadline; wait = Shorter(wait * 2, timeout))
        {
            var written = time.GetTimestamp();
            if (await TryWriteAsync(request, timeout, cancellationToken) is { } early) return early;
            if (await ReceiveAsync(request[0], default, wait, cancellationToken) is not { } answer)
            {
                asked = true;
                if (await AskWhetherAsync(request[0], question, began, deadline, timeout, ofRepeat, repeats, cancellationToken) is not { } late)
                {
                    Repeated = true;
                    repeats++;
                    continue;
                }

                answer = late;
            }

            Took = time.GetElapsedTime(written);
            if (!asked && request[0] != OpCode.Execute) _patience.Answered(time.GetElapsedTime(began));
            if (asked) await PassLateAnswersAsync(request[0], question[0], timeout, cancellationToken);
            return answer;
        }

        throw Unanswered(request[0], deadline);
    }

    /// <summary>Asks a question until that is answered, or the request is.</summary>
    /// <returns>The request's answer; null when the device has answered the question and will not answer the request.</returns>
    private async Task<Response?> AskWhetherAsync(
        byte opCode,
        byte[] question,
        long began,
        TimeSpan deadline,
        TimeSpan timeout,
        Func<TimeSpan>? ofRepeat,
        int repeats,
        CancellationToken cancellationToken)
    {
        var patience = _patience.OfRequest;
        while (time.GetElapsedTime(began) < deadline)
        {
            if (await TryWriteAsync(question, timeout, cancellationToken, opCode) is { } early) return early;
            if (await ReceiveAsync(opCode, question[0], patience, cancellationToken) is not { } answer)
            {
                patience = Shorter(patience * 2, timeout);
                continue;
            }

            if (answer.OpCode == opCode) return answer;
            return ofRepeat is null ? null : await ReceiveAsync(opCode, default, Shorter(ofRepeat() * (1 << Math.Min(repeats, 8)), timeout), cancellationToken);
        }

        throw Unanswered(opCode, deadline);
    }

    /// <summary>
    /// Answers to questions, and to a request that was repeated, may still come: each would be taken for the answer to the next request of its kind. Answers
    /// come in order, so that to a request of a third kind is behind them.
    /// </summary>
    private async Task PassLateAnswersAsync(byte opCode, byte question, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var third = opCode != OpCode.SetPrn ? Request.SetPrn(_prn ?? 0) : question != OpCode.Select ? Request.Select(_selected) : Request.GetCrc();
        var began = time.GetTimestamp();
        var deadline = timeout * (options.RequestRepeats + 1);
        for (var wait = _patience.OfRequest; time.GetElapsedTime(began) < deadline; wait = Shorter(wait * 2, timeout))
        {
            await WriteAsync(third, timeout, cancellationToken);
            if (await ReceiveAsync(third[0], default, wait, cancellationToken) is not null) return;
        }

        throw Unanswered(third[0], deadline);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static DfuException Unanswered(byte opCode, TimeSpan within) =>
        new(DfuError.RequestTimeout, $"request {opCode:x2} was not answered within {within.TotalSeconds:0.#} s, asked again and again");

    private async Task WriteAsync(byte[] request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await link.WriteAsync(DfuCharacteristic.ControlPoint, request, cancellationToken).WithinAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // An ATT transaction that does not end leaves no room for another: only a new link helps.
            throw new DfuException(DfuError.RequestTimeout, $"the write of request {request[0]:x2} was not acknowledged");
        }
    }

    /// <returns>An answer that came before the link closed, which it did in the write; else null.</returns>
    private async Task<Response?> TryWriteAsync(byte[] request, TimeSpan timeout, CancellationToken cancellationToken, byte answerTo = 0)
    {
        try
        {
            await WriteAsync(request, timeout, cancellationToken);
            return null;
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost && TryTakeAnswer(answerTo == 0 ? request[0] : answerTo, default, out var response))
        {
            return response; // answered, and then the device hung up
        }
    }

    /// <summary>Waits for an answer to one of two requests; null when none came in time.</summary>
    private async Task<Response?> ReceiveAsync(byte opCode, byte other, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (TryTakeAnswer(opCode, other, out var here)) return here;
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (await link.Notifications.WaitToReadAsync(either.Token))
            {
                if (TryTakeAnswer(opCode, other, out var response)) return response;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        var closure = await link.Closed;
        throw new DfuException(DfuError.LinkLost, $"the link dropped, reason {closure}");
    }

    private bool TryTakeAnswer(byte opCode, byte other, out Response answer)
    {
        while (link.Notifications.TryRead(out var notification))
        {
            if (notification.Characteristic != DfuCharacteristic.ControlPoint || !Response.TryParse(notification.Value, out answer)) continue;
            if (answer.OpCode != opCode) Keep(answer);
            if (answer.OpCode == opCode || (other != 0 && answer.OpCode == other)) return true;
        }

        answer = default;
        return false;
    }

    private void TakeReceipts()
    {
        while (link.Notifications.TryRead(out var notification))
        {
            if (notification.Characteristic == DfuCharacteristic.ControlPoint && Response.TryParse(notification.Value, out var response)) Keep(response);
        }
    }

    private void Keep(Response response)
    {
        if (response.OpCode == OpCode.Execute) _executed = response;
        if (response.OpCode != OpCode.GetCrc) return;

        // A receipt with an error says that the packet was refused (F18); nothing of the object counts then.
        _receipt = ChecksumResponse.TryParse(response, out var checksum) ? checksum : default(ChecksumResponse);
    }

    private static DfuException Violation(Response response, string request) =>
        new(DfuError.ProtocolViolation, $"the bootloader answered {request} with {response.Bytes} and {response.Body.Length} bytes");
}
