using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Telemetry;

namespace Dfu.Protocol.Transfers;

/// <summary>Gets one data object after another to the device whole, and learns the pace while doing so.</summary>
/// <param name="executeInitAgain">Makes an init packet that the device holds valid in this session (docs/bootloader.md T4).</param>
internal sealed class ObjectSender(
    IDfuLink link,
    ControlPoint control,
    PacketStream packets,
    BootloaderRules rules,
    LearnedTraits traits,
    ITransferObserver observer,
    FlashWear wear,
    TransferOptions options,
    TimeProvider time,
    Func<CancellationToken, Task> executeInitAgain)
{
    private bool _answeredAtOnce;

    /// <summary>One object until it is whole and, when asked, executed.</summary>
    /// <param name="start">Offset of the object in the image.</param>
    /// <param name="expected">What the device must hold afterwards.</param>
    public async Task SendAsync(long start, ReadOnlyMemory<byte> content, ChecksumResponse expected, bool execute, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var (stuck, whole) = (0, false);
        for (var attempt = 1; attempt <= options.MaxObjectAttempts; attempt++)
        {
            await CreateAsync(start, content.Length, cancellationToken);
            var pacing = traits.Now.Pacing;
            var saves = packets.SaveMayRun;
            var early = execute && rules.ExecutesEarly(link);
            var held = await packets.SendAsync(start, content, pacing, cancellationToken);
            if (early)
            {
                if (await ExecuteEarlyAsync(expected, cancellationToken))
                {
                    Whole(pacing, saves, began);
                    return;
                }

                held = await AskCrcAsync(cancellationToken);
                if (held == expected && await ExecuteEarlyAsync(expected, cancellationToken))
                {
                    // What was refused was an EXECUTE before, sent twice because its answer was lost, and carried out late.
                    Whole(pacing, saves, began);
                    return;
                }
            }
            else
            {
                observer.Doing(TransferActivity.Checking);
                held ??= await control.GetCrcOfSentAsync(expected.Offset, cancellationToken);
                if (held == expected)
                {
                    if (execute) await ExecuteDataAsync(expected.Offset, cancellationToken);
                    Whole(pacing, saves, began);
                    return;
                }
            }

            whole = held.Value.Offset == expected.Offset;
            ProtocolMetrics.Repeated(whole);
            stuck = held.Value.Offset <= start ? stuck + 1 : 0;
            if (stuck >= 3 && !rules.IsOld) await GiveUpOnDataPathAsync(cancellationToken);
            traits.Learn(traits.Now with
            {
                Pacing = pacing.AfterShort(saves, Math.Max(1, Packets(content.Length) - Packets(held.Value.Offset - start))),
                WritesAfterExecute = WritesAfterShort(saves),
            });
            var guard = saves ? traits.Now.Pacing.GuardAfterSave : traits.Now.Pacing.Guard;
            await PauseAsync(guard > TransferTimes.PauseAfterShort ? guard : TransferTimes.PauseAfterShort, cancellationToken); // the flash may be slow
        }

        // One that never comes whole may have kept its buffers (T1): a reset frees them, and the link is over anyway.
        if (!whole && !rules.IsOld) await control.AbortAsync(cancellationToken);
        throw new DfuException(DfuError.ObjectCorrupt, $"the object at byte {start} arrived short or wrong {options.MaxObjectAttempts} times");
    }

    /// <param name="bytes">Counted from the beginning of an object; what a device says may be anything.</param>
    private int Packets(long bytes) => (int)Math.Max(0, (bytes + rules.Payload - 1) / rules.Payload);

    /// <summary>
    /// The queue was full where no save was thought to be under way: the measurement may have been that of a busy moment, so it is
    /// made again.
    /// </summary>
    private bool? WritesAfterShort(bool saves) => !saves && traits.Now.WritesAfterExecute == false ? null : traits.Now.WritesAfterExecute;

    private void Whole(Pacing pacing, bool saves, long began)
    {
        ProtocolMetrics.ObjectDone(time.GetElapsedTime(began));
        var next = pacing.AfterClean(saves);
        if (next != pacing) traits.Learn(traits.Now with { Pacing = next });
        if (_answeredAtOnce) packets.FlashIdle();
        else if (traits.Now.WritesAfterExecute == true || rules.IsOld) packets.SaveBegan();
    }

    /// <summary>CREATE(data), repeated where that may help.</summary>
    public async Task CreateAsync(long start, int length, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            observer.Doing(TransferActivity.Creating);
            var response = await control.CreateAsync(ObjectType.Data, length, cancellationToken);
            if (response.IsSuccess)
            {
                packets.Created(control.Late, twice: control.Repeated && (packets.SaveMayRun || traits.Now.Pacing.Guard > Pacing.Initial.Guard));
                wear.ObjectCreated(length);
                return;
            }

            switch (response.Result)
            {
                case ResultCode.OperationNotPermitted when attempt == 1:
                    // The init packet is not valid in this session (T4): execute it, the progress stays.
                    await executeInitAgain(cancellationToken);
                    break;
                case ResultCode.InvalidObject or ResultCode.OperationFailed when attempt < options.MaxObjectAttempts:
                    // The flash queue is full (F33); one that stays full for 4.5 s has failed.
                    await PauseAsync(TransferTimes.PauseAfterShort * attempt, cancellationToken);
                    break;
                case ResultCode.InvalidObject when rules.IsOld:
                    throw new DfuException(DfuError.FlashFault, $"the bootloader answered {response.Bytes} to CREATE(data) at byte {start} {attempt} times");
                default:
                    throw Refusal.Exception(response, Asked.CreateData);
            }
        }
    }

    /// <summary>EXECUTE right after the last packet; true when the object was whole. The CRC is looked at afterwards (F30, F31).</summary>
    private async Task<bool> ExecuteEarlyAsync(ChecksumResponse expected, CancellationToken cancellationToken)
    {
        observer.Doing(TransferActivity.Executing);
        var response = await ExecuteAsync(expected.Offset, cancellationToken);
        if (response.Result == ResultCode.OperationNotPermitted) return false;
        ControlPoint.Expect(response, Asked.ExecuteData);
        var checksum = control.Receipt is { } receipt && receipt.Offset == expected.Offset ? receipt : await AskCrcAsync(cancellationToken);
        if (checksum == expected) return true;
        throw new DfuException(
            DfuError.ObjectCorrupt,
            $"the device executed up to byte {checksum.Offset} with CRC {checksum.Crc:x8} instead of {expected.Offset} with {expected.Crc:x8}");
    }

    private async Task<ChecksumResponse> AskCrcAsync(CancellationToken cancellationToken)
    {
        observer.Doing(TransferActivity.Checking);
        return await control.GetCrcAsync(cancellationToken);
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        observer.Doing(TransferActivity.Pausing);
        await Task.Delay(pause, time, cancellationToken);
    }

    private async Task ExecuteDataAsync(long whole, CancellationToken cancellationToken)
    {
        observer.Doing(TransferActivity.Executing);
        var response = await ExecuteAsync(whole, cancellationToken);
        // T3: progress advanced, only the save found the queue full.
        if (response.Result == ResultCode.OperationFailed) response = await ExecuteAsync(whole, cancellationToken);
        ControlPoint.Expect(response, Asked.ExecuteData);
    }

    private async Task<Response> ExecuteAsync(long whole, CancellationToken cancellationToken)
    {
        var response = await control.ExecuteDataAsync(FlashWork.Object, whole, traits.Now.Pacing, cancellationToken);
        // The second of two that is answered at once has found the flash idle: the first was carried out, and nothing waits.
        _answeredAtOnce = control.Repeated && !rules.IsOld && control.Late < control.Took / 2;
        return response;
    }

    /// <summary>The control point answers and no byte arrives (T1): a reset frees the packet buffers.</summary>
    private async Task GiveUpOnDataPathAsync(CancellationToken cancellationToken)
    {
        await control.AbortAsync(cancellationToken);
        throw new DfuException(DfuError.DataPathStuck, "three objects in a row did not gain a byte; the bootloader was asked to reset");
    }
}
