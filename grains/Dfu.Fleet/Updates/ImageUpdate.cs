using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>One image on its way into the device: link after link, until the device has accepted it and has come back.</summary>
internal sealed class ImageUpdate
{
    /// <summary>How often the device may be back in its bootloader after the last EXECUTE before it counts as not starting.</summary>
    private const int MostDoubts = 3;

    private readonly UpdateContext _attempt;
    private readonly BootloaderConnect _connect;
    private readonly Verification _verify;
    private readonly DfuImage _image;
    private readonly int _index;

    /// <summary>The image that follows; null after the last.</summary>
    private readonly DfuImage? _next;
    private TransferHint _hint;
    private bool _restarted;

    /// <summary>The device has accepted the image on an earlier link of this attempt.</summary>
    private bool _accepted;

    /// <summary>The last EXECUTE was sent, and whether the device obeyed it is not known.</summary>
    private bool _unanswered;
    private int _doubts;
    private bool _activationTold;

    /// <summary>The bootloader refused the image, and the next one is tried instead.</summary>
    private bool _passed;

    public ImageUpdate(UpdateContext attempt, int index, TransferHint hint)
    {
        (_attempt, _index, _hint) = (attempt, index, hint);
        (_connect, _verify) = (new(attempt), new(attempt));
        _image = attempt.Order.Package.Images[index];
        _next = attempt.Order.Package.Images.ElementAtOrDefault(index + 1);
        _restarted = index == attempt.Order.Image && attempt.Order.Restarted;
        _unanswered = hint.LastExecuteSent;
    }

    private string Bootloader => _attempt.Device.Bootloader.ToString();

    /// <returns>Whether the image's application was heard.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var heard = await SendAsync(cancellationToken);
        if (!_passed && _attempt.Current is null) await TellActivatedAsync(cancellationToken);
        return heard;
    }

    private async Task<bool> SendAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var connected = await _connect.RunAsync(activated: _accepted, uncertain: _unanswered || _accepted, cancellationToken);
            if (connected is not var (link, jumped, explains)) return true;
            var observer = new ImageTransferObserver(_attempt.Observer, _index, _hint);
            var hint = (jumped ? _hint with { LastExecuteSent = _unanswered, Looks = _unanswered } : _hint) with { Explains = explains };
            TransferEnd end;
            LinkClosure? closure;
            await using (link)
            {
                try
                {
                    end = await TransferAsync(link, hint, observer, cancellationToken);
                }
                catch (DfuException e) when (e.Error == DfuError.VerificationFailed && !_restarted)
                {
                    await StartOverAsync(link, observer, cancellationToken);
                    continue;
                }
                catch (DfuException e) when ((_unanswered || _accepted) && PartRefusal.MeansActivated(e.Error, _image))
                {
                    // It is there: the device obeyed the last EXECUTE of an earlier attempt. In its bootloader it has nothing to do any more.
                    return _next is null && await new SendBack(_attempt, Earlier()).ReturnsAsync(link, cancellationToken);
                }
                catch (DfuException e) when (_next is not null && PartRefusal.MayBeThere(e.Error, _image, _next))
                {
                    _passed = true;
                    await _attempt.Observer.ImagePassedAsync(_index, e.Error, e.Message, PartRefusal.Note(e.Error, _image), cancellationToken);
                    return false;
                }
                catch (DfuException e) when (e.Error.IsRefusal())
                {
                    var back = await new SendBack(_attempt, Earlier()).RunAsync(link, cancellationToken);
                    throw new DfuException(e.Error, e.Message + back, e) { Remedy = e.Remedy };
                }

                closure = end == TransferEnd.Probed ? null : await ClosedAsync(link, cancellationToken);
            }

            _hint = observer.NextHint with { Probe = false, Probed = end == TransferEnd.Probed };
            if (await ConcludeAsync(end, closure, cancellationToken) is { } heard) return heard;
        }
    }

    private Task<TransferEnd> TransferAsync(IDfuLink link, TransferHint hint, ImageTransferObserver observer, CancellationToken cancellationToken)
    {
        _attempt.Observer.ImageStarted(_index);
        _attempt.Observer.Linked(link.Mtu, link.Interval);
        return _connect.LetInAsync(
            link, () => ImageTransfer.RunAsync(link, _image, hint, observer, _attempt.Order.Transfer, _attempt.Time, cancellationToken), cancellationToken);
    }

    /// <remarks>docs/bootloader.md F12: the flash may hold less than RAM and its CRCs said. The device has forgotten everything by now.</remarks>
    private async Task StartOverAsync(IDfuLink link, ImageTransferObserver observer, CancellationToken cancellationToken)
    {
        await _attempt.Observer.RestartedAsync(_index, cancellationToken);
        _attempt.Observer.Resumed(new ResumeRecord(_image.Firmware.Length, 0, Diagnosis.VerificationRestart));
        await ClosedAsync(link, cancellationToken);
        _hint = observer.NextHint with { Confirmed = 0, Saved = 0, LastExecuteSent = false };
        (_restarted, _unanswered, _accepted, _doubts) = (true, false, false, 0);
    }

    /// <returns>Whether the application was heard; null when another link must tell more.</returns>
    private async Task<bool?> ConcludeAsync(TransferEnd end, LinkClosure? closure, CancellationToken cancellationToken)
    {
        switch (end)
        {
            case TransferEnd.Accepted when _next is not null:
                await _verify.ComesBackAsync(cancellationToken);
                return false;
            case TransferEnd.Accepted when IsCertain(closure, _hint.Traits) && !_attempt.Order.Finish.Verify:
                return false;
            case TransferEnd.Accepted when IsCertain(closure, _hint.Traits):
                return await VerifyAsync(cancellationToken);
            case TransferEnd.Accepted or TransferEnd.ProbablyActivated:
                await DoubtAsync(cancellationToken);
                return null;
            case TransferEnd.Activated:
                var heard = await _verify.ApplicationIsHeardAsync(_image, cancellationToken);
                if (heard || !_attempt.Device.IsBonded) return heard;
                _accepted = true; // only a connect shows who answers at the address of a bond
                return null;
            case TransferEnd.Probed:
                await Task.Delay(UpdateTimes.Probe, _attempt.Time, cancellationToken);
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(end), end, null);
        }
    }

    /// <returns>Null when the device is back in its bootloader: it lost power before the activation, or the application does not start.</returns>
    private async Task<bool?> VerifyAsync(CancellationToken cancellationToken)
    {
        if (!IsOld(_hint.Traits)) await TellActivatedAsync(cancellationToken); // after a crash, the next attempt need not look
        if (await _verify.ApplicationStartsAsync(_image, cancellationToken) is { } heard) return heard;
        if (_accepted) throw NotHeard($"{Bootloader} was twice back in its bootloader after it had accepted the image");
        _accepted = true;
        _hint = _hint with { LastExecuteSent = false };
        return null;
    }

    /// <summary>
    /// An application that comes now may be the old one: a jump, and what the bootloader holds then, tells. A device that stays in its
    /// bootloader and holds nothing is believed what it says next: one of SDK 13 or 14 that waits for somebody to ask it activates then
    /// (docs/bootloader.md T7).
    /// </summary>
    private async Task DoubtAsync(CancellationToken cancellationToken)
    {
        if (++_doubts == MostDoubts) throw NotHeard($"{Bootloader} was {MostDoubts} times back in its bootloader after the last EXECUTE");
        _unanswered = true;
        await _verify.ApplicationIsHeardAsync(_image, cancellationToken);
        _hint = _hint with { LastExecuteSent = false };
    }

    /// <summary>
    /// A device that has accepted the last EXECUTE writes its settings and only then closes the link: one whose link just went away may
    /// have lost power before. Old bootloaders write first, and leave without closing.
    /// </summary>
    private static bool IsCertain(LinkClosure? closure, BootloaderTraits traits) =>
        closure is { Reason: LinkClosure.RemoteUser } || IsOld(traits);

    private static bool IsOld(BootloaderTraits traits) => new BootloaderRules(traits.InitMax, traits.Mtu).IsOld;

    private static DfuException NotHeard(string detail) => new(DfuError.ApplicationNotHeard, detail);

    /// <summary>Tells, once, that there is no doubt about the image any more.</summary>
    private async Task TellActivatedAsync(CancellationToken cancellationToken)
    {
        if (_activationTold) return;
        await _attempt.Observer.ImageActivatedAsync(_index, cancellationToken);
        _activationTold = true;
        _attempt.Activated.Add(_index);
    }

    /// <summary>The image of this package that the device took last; null when it took none.</summary>
    private DfuImage? Earlier() =>
        _attempt.Activated.Where(index => index < _index).Select(index => _attempt.Order.Package.Images[index]).LastOrDefault();

    /// <summary>How the device closed the link; null when it did not.</summary>
    private async Task<LinkClosure?> ClosedAsync(IDfuLink link, CancellationToken cancellationToken)
    {
        try
        {
            return await link.Closed.WithinAsync(UpdateTimes.LinkCloses, _attempt.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null; // disposal closes it
        }
    }
}
