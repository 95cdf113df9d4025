using System.IO.Hashing;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Telemetry;

namespace Dfu.Protocol.Transfers;

/// <summary>Moves one image to a bootloader over one link: reconcile, init packet, objects, last EXECUTE.</summary>
/// <remarks>
/// Right on SDK 12 to 17 without knowing which it talks to (docs/bootloader.md has the findings that it follows). Whatever
/// interrupts it, running it again over a new link goes on from where the device is. Ends with a <see cref="TransferEnd"/> or
/// throws <see cref="DfuException"/>; never leaves something of its own running. The link stays the caller's, except after
/// <see cref="TransferEnd.Probed"/>.
/// </remarks>
public sealed class ImageTransfer
{
    private readonly IDfuLink _link;
    private readonly DfuImage _image;
    private readonly bool _looks;
    private readonly TransferHint _hint;
    private readonly ITransferObserver _observer;
    private readonly TransferOptions _options;
    private readonly TimeProvider _time;
    private readonly ControlPoint _control;
    private readonly PrefixCrc _prefix;
    private readonly uint _initCrc;
    private readonly LearnedTraits _traits;
    private BootloaderRules _rules;
    private FlashWear _wear = null!;
    private PacketStream _packets = null!;
    private ObjectSender _objects = null!;
    private long _objectSize = 4096;

    private ImageTransfer(IDfuLink link, DfuImage image, TransferHint hint, ITransferObserver observer, TransferOptions options, TimeProvider time)
    {
        _looks = hint is { LastExecuteSent: true, Looks: true };
        (_link, _image, _hint, _observer, _options, _time) = (link, image, _looks ? hint with { LastExecuteSent = false } : hint, observer, options, time);
        _control = new ControlPoint(link, options, time);
        _prefix = new PrefixCrc(image.Firmware);
        _initCrc = Crc32.HashToUInt32(image.InitPacket.Span);
        _traits = new LearnedTraits(hint.Traits, observer);
    }

    public static Task<TransferEnd> RunAsync(
        IDfuLink link,
        DfuImage image,
        TransferHint hint,
        ITransferObserver observer,
        TransferOptions options,
        TimeProvider time,
        CancellationToken cancellationToken) =>
        new ImageTransfer(link, image, hint, observer, options, time).RunAsync(cancellationToken);

    private async Task<TransferEnd> RunAsync(CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(TransferPhase.Reconciling);
        await _control.SubscribeAsync(cancellationToken);
        var command = await _control.SelectAsync(ObjectType.Command, cancellationToken);
        _rules = new BootloaderRules((int)command.MaxSize, _link.Mtu);
        _traits.Learn(_traits.Now with { InitMax = _rules.InitMax, Mtu = _rules.Mtu });
        _wear = new FlashWear(_rules, _traits, _observer);
        _packets = new PacketStream(_control, _rules, _observer, _time);

        var holdsInit = Reconcile.HoldsInit(command, _image.InitPacket.Length, _initCrc);
        if (holdsInit && !_hint.LastExecuteSent) await ExecuteInitAsync(accepted: _hint.Confirmed > 0, cancellationToken);

        // A device that holds another init packet, or none, gets ours whatever it has of an image.
        var isFresh = !holdsInit && !_hint.LastExecuteSent && !_looks;
        var data = isFresh ? new SelectResponse((uint)_objectSize, 0, 0) : await _control.SelectAsync(ObjectType.Data, cancellationToken);
        _objectSize = data.MaxSize;
        _objects = new ObjectSender(_link, _control, _packets, _rules, _traits, _observer, _wear, _options, _time, ExecuteAgainAsync);
        if (_looks && command.Offset == 0 && data.Offset == 0 && !_rules.IsOld && _image.Firmware.Length > _objectSize)
        {
            // F7: an activation clears both. An old bootloader would stay where it is, without ABORT: there the image is sent again,
            // and so is one of a single object, whose init packet may not have reached the flash before power was lost.
            _observer.Resumed(new ResumeRecord(_hint.Confirmed, 0, Diagnosis.ProbablyActivated));
            await _control.AbortAsync(cancellationToken);
            return TransferEnd.Activated;
        }

        var plan = Reconcile.Decide(InputOf(command, data));
        var held = plan.Diagnosis == Diagnosis.OtherUpdate ? 0 : data.Offset; // what another package left there is nothing of this image
        _observer.Resumed(new ResumeRecord(_hint.Confirmed, held, _hint.Probed ? Diagnosis.Probe : plan.Diagnosis));
        if (plan.Keeps != Keeps.Unknown) _traits.Learn(_traits.Now with { Keeps = plan.Keeps });
        if (plan.Action is ReconcileAction.GoOn or ReconcileAction.CreateAndAsk) _wear.Resumed(held, _objectSize, _hint);

        if (plan.Action == ReconcileAction.Verify)
        {
            // T7 (SDK 13, 14): the reset waits for a notification to be delivered, so give it one.
            await _control.SetPrnAsync(0, cancellationToken, always: true);
            return TransferEnd.ProbablyActivated;
        }

        if (plan.Action == ReconcileAction.SendInit) await SendInitAsync(cancellationToken);
        else if (_hint.LastExecuteSent) await ExecuteAgainAsync(cancellationToken);
        await _control.SetPrnAsync(Prn, cancellationToken);
        var position = plan.Action switch
        {
            ReconcileAction.GoOn => await SettleAsync(plan.Position, cancellationToken),
            ReconcileAction.CreateAndAsk => await CreateAndAskAsync(plan.Position, cancellationToken),
            _ => 0,
        };
        return await SendObjectsAsync(position, cancellationToken);
    }

    private ReconcileInput InputOf(SelectResponse command, SelectResponse data) => new()
    {
        Command = command,
        Data = data,
        InitLength = _image.InitPacket.Length,
        InitCrc = _initCrc,
        ImageSize = _image.Firmware.Length,
        PrefixMatches = Holds(data.Offset, data.Crc),
        Hint = _hint with { Traits = _traits.Now },
    };

    /// <summary>EXECUTE(command) of an init packet the device already holds: without it CREATE(data) may be refused (F15b, T4).</summary>
    /// <param name="accepted">The device has executed it before, and did not refuse it.</param>
    private async Task ExecuteInitAsync(bool accepted, CancellationToken cancellationToken)
    {
        var response = await _control.ExecuteCommandAsync(cancellationToken);
        if (InitPacketRefusal.IsUnclear(response, _rules))
        {
            await Task.Delay(TransferTimes.PauseAfterShort, _time, cancellationToken); // a later one behind a small MTU: its flash is idle by then
            response = await _control.ExecuteCommandAsync(cancellationToken);
            if (accepted && InitPacketRefusal.IsUnclear(response, _rules)) throw Refusal.Exception(response, Asked.ExecuteCommand);
        }

        ExpectOfInit(response, Asked.ExecuteCommand);
        _packets.SaveBegan();
    }

    private void ExpectOfInit(Response response, Asked asked)
    {
        if (!response.IsSuccess) throw InitPacketRefusal.Of(response, asked, _image, _hint.Explains, _rules);
    }

    private async Task ExecuteAgainAsync(CancellationToken cancellationToken)
    {
        await _control.SelectAsync(ObjectType.Command, cancellationToken);
        await ExecuteInitAsync(accepted: true, cancellationToken);
        _wear.InitExecutedAgain();
        await _control.SelectAsync(ObjectType.Data, cancellationToken);
    }

    private async Task SendInitAsync(CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(TransferPhase.SendingInit);
        var init = _image.InitPacket;
        var packets = (init.Length + _rules.Payload - 1) / _rules.Payload;
        if (packets > 1) await _control.SetPrnAsync(0, cancellationToken); // the receipt of a single one says what the CRC says
        for (var attempt = 1; ; attempt++)
        {
            ExpectOfInit(await _control.CreateAsync(ObjectType.Command, init.Length, cancellationToken), Asked.CreateCommand);
            for (var sent = 0; sent < init.Length; sent += _rules.Payload)
            {
                await _control.SendPacketAsync(init.Slice(sent, Math.Min(_rules.Payload, init.Length - sent)), cancellationToken);
            }

            var checksum = await _control.GetCrcOfSentAsync(init.Length, cancellationToken);
            if (checksum.Offset == init.Length && checksum.Crc == _initCrc) break;
            if (attempt == _options.MaxObjectAttempts)
                throw new DfuException(DfuError.ObjectCorrupt, $"the init packet arrived short or wrong {attempt} times");
        }

        await ExecuteInitAsync(accepted: false, cancellationToken);
        _wear.InitExecuted();
        _objectSize = (await _control.SelectAsync(ObjectType.Data, cancellationToken)).MaxSize;
    }

    /// <summary>
    /// At a boundary only the device knows whether the object below was executed: execute, which is also the barrier that flash and
    /// RAM agree (F32, F34).
    /// </summary>
    private async Task<long> SettleAsync(long position, CancellationToken cancellationToken)
    {
        if (position == 0 || position == _image.Firmware.Length) return position;
        var response = await BarrierAsync(cancellationToken);
        if (response.IsSuccess)
        {
            if (_rules.SavesOnExecuteCommand)
            {
                _packets.FlashIdle();
                _observer.Saved(position); // the resume preamble is a forced save
            }

            return position;
        }

        return response.Result == ResultCode.OperationNotPermitted
            ? await CreateAndAskAsync(position, cancellationToken)
            : throw Refusal.Exception(response, Asked.ExecuteData);
    }

    /// <summary>
    /// CREATE rewinds the device to its last executed boundary; the CRC answer then tells the truth. Starts over once when even
    /// that is not our image.
    /// </summary>
    private async Task<long> CreateAndAskAsync(long position, CancellationToken cancellationToken)
    {
        foreach (var guess in new[] { position, Math.Max(0, position - _objectSize) }.Distinct())
        {
            var size = ObjectAt(Math.Min(guess, Math.Max(0, _image.Firmware.Length - 1) / _objectSize * _objectSize));
            var response = await _control.CreateAsync(ObjectType.Data, size, cancellationToken);
            if (response.Result is ResultCode.OperationNotPermitted or ResultCode.InvalidParameter) continue;
            ControlPoint.Expect(response, Asked.CreateData);
            _wear.ObjectCreated(size);
            var checksum = await _control.GetCrcAsync(cancellationToken);
            await Task.Delay(TransferTimes.PauseAfterShort, _time, cancellationToken);
            if (checksum.Offset % _objectSize == 0 && Holds(checksum.Offset, checksum.Crc)) return checksum.Offset;
            break;
        }

        _observer.Resumed(new ResumeRecord(position, 0, Diagnosis.Corrupt));
        await SendInitAsync(cancellationToken);
        await _control.SetPrnAsync(Prn, cancellationToken);
        return 0;
    }

    private async Task<TransferEnd> SendObjectsAsync(long position, CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(TransferPhase.Sending);
        var size = _image.Firmware.Length;
        var saver = new ForcedSave(_hint, position, (_hint.Confirmed - position) / _objectSize, _options, _time);
        while (position < size)
        {
            var end = position + ObjectAt(position);
            if (end == size)
            {
                await NothingExecutesAsync(cancellationToken);
                await _objects.SendAsync(position, ContentAt(position), ExpectedAfter(position), execute: false, cancellationToken);
                return await ExecuteLastAsync(cancellationToken);
            }

            await _objects.SendAsync(position, ContentAt(position), ExpectedAfter(position), execute: true, cancellationToken);
            position = end;
            saver.ObjectDone();
            _wear.ObjectExecuted();
            _observer.Confirmed(position, _prefix.Of(position));
            if (_traits.Now.WritesAfterExecute is null && !_rules.IsOld) await MeasureAfterExecuteAsync(cancellationToken);
            if (_hint.Probe && _traits.Now.Keeps == Keeps.Unknown) return await ProbeAsync(position, cancellationToken);
            if (saver.IsDue(_rules, _traits.Now, (int)((size - position + _objectSize - 1) / _objectSize))) await SaveAsync(saver, position, cancellationToken);
        }

        return await ExecuteLastAsync(cancellationToken);
    }

    /// <summary>
    /// EXECUTE at a boundary changes nothing and is answered when the flash is idle: how much longer the first takes than the next,
    /// which finds it idle on any link, tells whether every object is saved.
    /// </summary>
    private async Task MeasureAfterExecuteAsync(CancellationToken cancellationToken)
    {
        _observer.Doing(TransferActivity.Executing);
        var first = await TimeExecuteAsync(cancellationToken);
        var repeated = _control.Repeated;
        var idle = await TimeExecuteAsync(cancellationToken);
        if (!repeated && !_control.Repeated) _traits.Learn(_traits.Now with { WritesAfterExecute = first - idle >= TransferTimes.SaveShows });
        _wear.Measured();
        _packets.FlashIdle();
    }

    private async Task<TimeSpan> TimeExecuteAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        ControlPoint.Expect(await BarrierAsync(cancellationToken), Asked.ExecuteData);
        return _time.GetElapsedTime(began);
    }

    /// <summary>EXECUTE(data) at a boundary: answered when the flash is idle (F32).</summary>
    private Task<Response> BarrierAsync(CancellationToken cancellationToken) =>
        _control.ExecuteDataAsync(FlashWork.Save, whole: 0, _traits.Now.Pacing, cancellationToken);

    /// <summary>
    /// Before the last object: an EXECUTE that was sent twice may wait behind the save that the first began, and must not find the last object whole, which
    /// would activate the image. One more is answered when none waits before it. Where each has to be sent twice, for as long as any request is waited for,
    /// only a new link helps.
    /// </summary>
    /// <exception cref="DfuException">RequestTimeout: one may still wait.</exception>
    private async Task NothingExecutesAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var longest = _options.ExecuteTimeout * (_options.RequestRepeats + 1);
        while (_control.ExecuteMayWait && !_rules.IsOld && _traits.Now.WritesAfterExecute != false)
        {
            if (_time.GetElapsedTime(began) >= longest)
                throw new DfuException(DfuError.RequestTimeout, $"for {longest.TotalSeconds:0.#} s every EXECUTE had to be sent twice: one may still wait");
            _observer.Doing(TransferActivity.Executing);
            ControlPoint.Expect(await BarrierAsync(cancellationToken), Asked.ExecuteData);
            _packets.FlashIdle();
        }
    }

    private async Task<TransferEnd> ExecuteLastAsync(CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(TransferPhase.Activating);
        await _observer.LastExecuteAsync(cancellationToken);
        if (_rules.PauseBeforeLastExecute > TimeSpan.Zero) await Task.Delay(_rules.PauseBeforeLastExecute, _time, cancellationToken);
        if (await _control.ExecuteLastAsync(StillHoldsAllAsync, _traits.Now.Pacing, cancellationToken) is not { } response)
            return TransferEnd.ProbablyActivated;
        if (response.Result is ResultCode.ExtendedError or ResultCode.InvalidObject) _wear.Refused();
        ControlPoint.Expect(response, _rules.IsOld ? Asked.ExecuteData : Asked.ExecuteWholeImage);
        _observer.Confirmed(_image.Firmware.Length, _image.Crc);
        return TransferEnd.Accepted;
    }

    /// <summary>A bootloader that still answers and still holds the whole image has not obeyed the last EXECUTE.</summary>
    private async Task<bool> StillHoldsAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var data = await _control.SelectAsync(ObjectType.Data, cancellationToken);
            return data.Offset == _image.Firmware.Length && data.Crc == _image.Crc;
        }
        catch (DfuException e) when (e.Error is DfuError.LinkLost or DfuError.RequestTimeout)
        {
            return false;
        }
    }

    /// <summary>SELECT(command), EXECUTE(command), SELECT(data), EXECUTE(data): the progress is in flash when the last answer is here (F9b, F32).</summary>
    private async Task SaveAsync(ForcedSave saver, long position, CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(TransferPhase.Saving);
        var began = _time.GetTimestamp();
        var command = await _control.SelectAsync(ObjectType.Command, cancellationToken);
        if (Reconcile.HoldsInit(command, _image.InitPacket.Length, _initCrc))
        {
            var saved = await _control.ExecuteCommandAsync(cancellationToken);
            var repeated = _control.Repeated;
            if (saved.IsSuccess)
            {
                _packets.SaveBegan();
                _wear.InitExecutedAgain();
            }

            await _control.SelectAsync(ObjectType.Data, cancellationToken);
            var barrier = await BarrierAsync(cancellationToken);
            repeated |= _control.Repeated;
            ControlPoint.Expect(barrier, Asked.ExecuteData);
            _packets.FlashIdle();
            if (saved.IsSuccess)
            {
                _observer.Saved(position);
                var took = _time.GetElapsedTime(began);
                saver.Done(took, measured: !repeated);
                ProtocolMetrics.Saved(took);
            }
        }
        else
        {
            await _control.SelectAsync(ObjectType.Data, cancellationToken);
        }

        _observer.PhaseChanged(TransferPhase.Sending);
    }

    /// <summary>
    /// One packet into the next object and then a drop: a device that keeps RAM comes back inside it, one that saves at its
    /// boundary, one that does neither at 0.
    /// </summary>
    private async Task<TransferEnd> ProbeAsync(long position, CancellationToken cancellationToken)
    {
        await _objects.CreateAsync(position, (int)ObjectAt(position), cancellationToken);
        var packet = _image.Firmware.Slice((int)position, (int)Math.Min(_rules.Payload, ObjectAt(position)));
        await _packets.SendAsync(position, packet, _traits.Now.Pacing, cancellationToken);
        await _control.GetCrcAsync(cancellationToken);
        await Task.Delay(TransferTimes.SaveSettles, _time, cancellationToken);
        await _link.DisposeAsync();
        return TransferEnd.Probed;
    }

    /// <summary>Packets between receipts of data.</summary>
    private ushort Prn => _rules.Prn((int)_objectSize);

    private ReadOnlyMemory<byte> ContentAt(long start) => _image.Firmware.Slice((int)start, (int)ObjectAt(start));

    private ChecksumResponse ExpectedAfter(long start) => new((uint)(start + ObjectAt(start)), _prefix.Of(start + ObjectAt(start)));

    private long ObjectAt(long start) => Math.Min(_objectSize, _image.Firmware.Length - start);

    private bool Holds(long offset, uint crc) =>
        offset <= _image.Firmware.Length && (offset == 0 || _prefix.Of(offset) == crc);
}
