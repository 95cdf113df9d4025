using Dfu.Protocol.Requests;

namespace Dfu.Protocol.Transfers;

/// <summary>Sends the packets of one object at the pace the bootloader's flash allows.</summary>
internal sealed class PacketStream(
    ControlPoint control, BootloaderRules rules, ITransferObserver observer, TimeProvider time)
{
    private long _created;
    private long? _saveBegan;
    private bool _twice;
    private readonly TimeSpan[] _deaf = new TimeSpan[4];
    private int _creates;

    /// <summary>Whether a settings save may still be under way, so that the longer guard counts.</summary>
    public bool SaveMayRun => _saveBegan is not null;

    /// <summary>CREATE(data) was answered just now: its page erase is queued.</summary>
    /// <param name="late">
    /// How much longer the answer took than others do. Where the radio is deaf during an erase every one is late, and so much of the erase is over; one that
    /// is late by chance says nothing, so the least of four counts.
    /// </param>
    /// <param name="twice">It was sent again because its answer was lost: so may be the erase of the first.</param>
    public void Created(TimeSpan late, bool twice)
    {
        _deaf[_creates++ % _deaf.Length] = SaveMayRun ? TimeSpan.Zero : late;
        (_created, _twice) = (time.GetTimestamp(), twice);
    }

    /// <summary>An EXECUTE that writes settings was answered just now.</summary>
    public void SaveBegan() => _saveBegan = time.GetTimestamp();

    /// <summary>A barrier was answered: nothing is queued.</summary>
    public void FlashIdle() => _saveBegan = null;

    /// <summary>
    /// Sends <paramref name="content"/>, which begins at byte <paramref name="start"/> of the image. Null when everything was sent;
    /// what the device holds when it fell behind on the way.
    /// </summary>
    public async Task<ChecksumResponse?> SendAsync(long start, ReadOnlyMemory<byte> content, Pacing pacing, CancellationToken cancellationToken)
    {
        control.ForgetReceipt();
        observer.Doing(TransferActivity.Sending);
        var burst = rules.IsOld ? 0 : (SaveMayRun ? pacing.BurstAfterSave : pacing.Burst) - (_twice ? 1 : 0);
        var sent = 0;
        for (var packets = 0; sent < content.Length; packets++)
        {
            if (packets == burst) await GuardAsync(pacing, cancellationToken);
            var count = Math.Min(rules.Payload, content.Length - sent);
            await control.SendPacketAsync(content.Slice(sent, count), cancellationToken);
            observer.Sent(start + sent, count);
            sent += count;
            if (rules.IsOld && (packets + 1) % rules.Prn(content.Length) == 0 && await IsBehindAsync(start + sent, cancellationToken) is { } held) return held;
        }

        _saveBegan = null;
        return null;
    }

    /// <summary>Old engines: waits for the receipt of a window; what it says when the device is behind what was sent, else null.</summary>
    private async Task<ChecksumResponse?> IsBehindAsync(long expected, CancellationToken cancellationToken)
    {
        observer.Doing(TransferActivity.Checking);
        var receipt = await control.ReceiptAsync(cancellationToken);
        control.ForgetReceipt();
        observer.Doing(TransferActivity.Sending);
        return receipt.Offset == expected ? null : receipt;
    }

    private async Task GuardAsync(Pacing pacing, CancellationToken cancellationToken)
    {
        var wait = pacing.Guard - _deaf.Min() - time.GetElapsedTime(_created);
        if (_saveBegan is { } began)
        {
            var afterSave = pacing.GuardAfterSave - time.GetElapsedTime(began);
            if (afterSave > wait) wait = afterSave;
        }

        if (_twice) wait += pacing.Guard;
        if (wait <= TimeSpan.Zero) return;
        observer.Doing(TransferActivity.Pausing);
        await Task.Delay(wait, time, cancellationToken);
        observer.Doing(TransferActivity.Sending);
    }
}
