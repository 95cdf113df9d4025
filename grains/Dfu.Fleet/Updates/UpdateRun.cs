using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>One attempt to update one device over one adapter: find, jump, connect, transfer, activate, verify.</summary>
/// <remarks>Decides nothing durable: it reports, and the device machine decides what an attempt's end means. Shells of every engine run the same one.</remarks>
public sealed class UpdateRun
{
    private static readonly TimeSpan LinkCloses = TimeSpan.FromSeconds(5); // the bootloader disconnects itself after the last EXECUTE; a supervision timeout takes 4 to 6 s

    private readonly IUpdateRadio _radio;
    private readonly UpdateOrder _order;
    private readonly IUpdateObserver _observer;
    private readonly TimeProvider _time;
    private BluetoothAddress _application;
    private BluetoothAddress _bootloader;
    private Advertisement? _heard;
    private bool _jumped;
    private int? _activated;

    private UpdateRun(IUpdateRadio radio, UpdateOrder order, IUpdateObserver observer, TimeProvider time)
    {
        (_radio, _order, _observer, _time) = (radio, order, observer, time);
        (_application, _bootloader, _heard) = (order.Application, order.Bootloader, order.Heard);
    }

    public static Task<UpdateResult> RunAsync(IUpdateRadio radio, UpdateOrder order, IUpdateObserver observer, TimeProvider time, CancellationToken cancellationToken) =>
        new UpdateRun(radio, order, observer, time).RunAsync(cancellationToken);

    private async Task<UpdateResult> RunAsync(CancellationToken cancellationToken)
    {
        var images = _order.Package.Images;
        var heard = false;
        for (var index = _order.Image; index < images.Count; index++)
        {
            var hint = index == _order.Image ? _order.Hint : new TransferHint { Traits = _order.Hint.Traits };
            heard = await SendAsync(index, hint, cancellationToken);
            await ActivatedAsync(index, cancellationToken);
        }

        return new UpdateResult(heard, AlreadyCurrent: false);
    }

    /// <summary>Sends one image until the device accepted it; whether its application was heard afterwards.</summary>
    private async Task<bool> SendAsync(int index, TransferHint hint, CancellationToken cancellationToken)
    {
        var image = _order.Package.Images[index];
        var restarted = index == _order.Image && _order.Restarted;
        var accepted = false;
        var unanswered = hint.LastExecuteSent;
        var doubts = 0;
        while (true)
        {
            var progress = new ImageProgress(_observer, index, hint);
            TransferEnd end;
            LinkClosure? closure;
            if (await ConnectToBootloaderAsync(activated: accepted, uncertain: unanswered || accepted, cancellationToken) is not { } link) return true;
            if (_jumped) hint = hint with { LastExecuteSent = unanswered, Looks = unanswered };
            await using (link)
            {
                _observer.ImageStarted(index);
                _observer.Linked(link.Mtu, link.Interval);
                try
                {
                    end = await ImageTransfer.RunAsync(link, image, hint, progress, _order.Transfer, _time, cancellationToken);
                }
                catch (DfuException e) when (e.Error == DfuError.VerificationFailed && !restarted)
                {
                    // F12: the flash may hold less than RAM and its CRCs said. The device has forgotten everything: once more from zero.
                    restarted = true;
                    await _observer.RestartedAsync(index, cancellationToken);
                    _observer.Resumed(new ResumeRecord(image.Firmware.Length, 0, Diagnosis.VerificationRestart));
                    await ClosedAsync(link, cancellationToken);
                    hint = progress.NextHint with { Confirmed = 0, Saved = 0, LastExecuteSent = false };
                    (unanswered, accepted, doubts) = (false, false, 0);
                    continue;
                }
                catch (DfuException e) when (e.Error == DfuError.VersionRefused && (unanswered || accepted))
                {
                    return false; // the same version is there: the last EXECUTE of an earlier attempt was obeyed
                }

                closure = end == TransferEnd.Probed ? null : await ClosedAsync(link, cancellationToken);
            }

            hint = progress.NextHint with { Probe = false, Probed = end == TransferEnd.Probed };
            switch (end)
            {
                case TransferEnd.Accepted:
                    var last = index == _order.Package.Images.Count - 1;
                    if (last && !IsCertain(closure, hint.Traits)) goto case TransferEnd.ProbablyActivated;
                    if (last && !IsOld(hint.Traits)) await ActivatedAsync(index, cancellationToken); // whoever goes on after a crash need not look
                    if (await VerifyAsync(image, index, cancellationToken) is { } heard) return heard;
                    if (accepted) throw new DfuException(DfuError.ApplicationNotHeard, $"{_bootloader} was twice back in its bootloader after it had accepted the image");
                    accepted = true; // power was lost between the answer and the activation, or the application does not start: one more look tells
                    hint = hint with { LastExecuteSent = false };
                    break;
                case TransferEnd.Activated:
                    var up = await CameUpAsync(cancellationToken);
                    if (up || _application != _bootloader) return up;
                    accepted = true; // at the address of a bond only a connect shows who answers
                    break;
                case TransferEnd.Probed:
                    await Task.Delay(_order.Times.Probe, _time, cancellationToken);
                    break;
                case TransferEnd.ProbablyActivated:
                    if (++doubts == 3) throw new DfuException(DfuError.ApplicationNotHeard, $"{_bootloader} was {doubts} times back in its bootloader after the last EXECUTE");
                    // If an application comes, it may be the old one: a jump, and what the bootloader holds then, will tell. If it
                    // stays in its bootloader and holds nothing, what counts now is what it says.
                    unanswered = true;
                    await CameUpAsync(cancellationToken);
                    hint = hint with { LastExecuteSent = false };
                    break;
            }
        }
    }

    /// <param name="activated">The bootloader was just seen to have nothing left to do: an application that answers now is the new one, at the address of a bootloader that bonds.</param>
    /// <returns>Null when that application answered.</returns>
    private async Task<IDfuLink?> ConnectToBootloaderAsync(bool activated, bool uncertain, CancellationToken cancellationToken)
    {
        for (var jumps = 0; ; jumps++)
        {
            _jumped = jumps > 0;
            _observer.PhaseChanged(UpdatePhase.Connecting);
            var target = _heard ?? await HearAsync(IsOurs, _order.Times.Jump, cancellationToken)
                ?? throw new DfuException(DfuError.BootloaderNotHeard, $"neither {_bootloader} nor {_application} was heard within {_order.Times.Jump.TotalSeconds:0} s");
            _heard = null;
            var link = await _radio.ConnectAsync(target.Address, target.AddressType, cancellationToken);
            try
            {
                if (link.Characteristics.Contains(DfuCharacteristic.ControlPoint) && link.Characteristics.Contains(DfuCharacteristic.Packet))
                {
                    // A bootloader where the application was expected: the operator gave the bootloader's address.
                    if (target.Address == _application && _application != _bootloader) Identify(target.Address.Application, target.Address);
                    else Identify(_application, target.Address);
                    return link;
                }

                var characteristic = ButtonlessEntry.CharacteristicOf(link);
                if (characteristic is null && uncertain)
                {
                    await link.DisposeAsync();
                    return null; // an application came up that cannot be sent back to look
                }

                var buttonless = characteristic
                    ?? throw new DfuException(DfuError.NotADfuDevice, $"{target.Address} has no DFU control point and no buttonless characteristic");
                if (activated && jumps == 0)
                {
                    await link.DisposeAsync();
                    return null;
                }

                if (jumps == 2) throw new DfuException(DfuError.BootloaderNotHeard, $"{target.Address} came back as an application after each of {jumps} jumps");
                var bonded = buttonless == DfuCharacteristic.ButtonlessBonded;
                Identify(target.Address, bonded ? target.Address : target.Address.Bootloader);
                await JumpAsync(link, buttonless, cancellationToken);
            }
            catch
            {
                await link.DisposeAsync();
                throw;
            }

            await link.DisposeAsync();
            _heard = await HearAsync(IsBootloader, _order.Times.Jump, cancellationToken)
                ?? throw new DfuException(DfuError.BootloaderNotHeard, $"{_bootloader} was not heard within {_order.Times.Jump.TotalSeconds:0} s after the jump");
        }
    }

    private async Task JumpAsync(IDfuLink link, DfuCharacteristic buttonless, CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(UpdatePhase.Jumping);
        await ButtonlessEntry.EnterAsync(link, buttonless, _order.BootloaderName, LinkCloses, _time, cancellationToken);
    }

    /// <summary>After an accepted image: whether its application was heard; null when the device is back in its bootloader although the image is an application.</summary>
    private async Task<bool?> VerifyAsync(DfuImage image, int index, CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(UpdatePhase.Verifying);
        if (index < _order.Package.Images.Count - 1)
        {
            // 10 s until an old application boots (F27): whoever comes first is taken at once.
            _heard = await HearAsync(IsOurs, _order.Times.Activation, cancellationToken);
            return false;
        }

        if (await CameUpAsync(cancellationToken)) return true;
        return image.Type == ImageType.Application && _heard is not null && _application != _bootloader ? null : false;
    }

    /// <summary>Waits for the application; remembers the bootloader if that is all that was heard.</summary>
    private async Task<bool> CameUpAsync(CancellationToken cancellationToken)
    {
        _observer.PhaseChanged(UpdatePhase.Verifying);
        Advertisement? bootloader = null;
        var application = await HearAsync(
            heard =>
            {
                if (IsBootloader(heard)) bootloader = heard;
                return heard.Address == _application && _application != _bootloader;
            },
            _order.Times.Activation,
            cancellationToken);
        _heard = application ?? bootloader;
        return application is not null;
    }

    private bool IsOurs(Advertisement heard) => heard.Address == _application || IsBootloader(heard);

    private bool IsBootloader(Advertisement heard) =>
        heard.Address == _bootloader || (heard.Name.Length > 0 && heard.Name == _order.BootloaderName);

    private void Identify(BluetoothAddress application, BluetoothAddress bootloader)
    {
        if ((application, bootloader) == (_application, _bootloader)) return;
        (_application, _bootloader) = (application, bootloader);
        _observer.Identified(application, bootloader);
    }

    private Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
        _radio.HearAsync(heard => heard.Connectable && wanted(heard), timeout, cancellationToken);

    /// <summary>
    /// A device that has accepted the last EXECUTE writes its settings and only then closes the link: one whose link just went away may
    /// have lost power before. Old bootloaders write first, and leave without closing.
    /// </summary>
    private static bool IsCertain(LinkClosure? closure, BootloaderTraits traits) =>
        closure is { Reason: LinkClosure.RemoteUser } || IsOld(traits);

    private static bool IsOld(BootloaderTraits traits) => new BootloaderRules(traits.InitMax, traits.Mtu).IsOld;

    /// <summary>Tells, once per image, that there is no doubt about it any more.</summary>
    private async Task ActivatedAsync(int index, CancellationToken cancellationToken)
    {
        if (_activated == index) return;
        await _observer.ImageActivatedAsync(index, cancellationToken);
        _activated = index;
    }

    /// <summary>How the device closed the link; null when it did not.</summary>
    private async Task<LinkClosure?> ClosedAsync(IDfuLink link, CancellationToken cancellationToken)
    {
        try
        {
            return await link.Closed.WithinAsync(LinkCloses, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null; // disposal closes it
        }
    }
}
