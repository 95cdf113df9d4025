using Dfu.Adapters;
using Dfu.Fleet.Identity;
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

    /// <summary>So many neighbours in a row are let go; connecting takes the radio's time.</summary>
    private const int MostMistakes = 4;

    private readonly IUpdateRadio _radio;
    private readonly UpdateOrder _order;
    private readonly IUpdateObserver _observer;
    private readonly TimeProvider _time;
    private BluetoothAddress _application;
    private BluetoothAddress _bootloader;
    private Advertisement? _heard;
    private readonly Dictionary<(BluetoothAddress Address, string Name), bool> _strangers = [];
    private bool _settled;
    private bool _jumped;
    private int? _activated;

    private UpdateRun(IUpdateRadio radio, UpdateOrder order, IUpdateObserver observer, TimeProvider time)
    {
        (_radio, _order, _observer, _time) = (radio, order, observer, time);
        (_application, _bootloader, _heard, _settled) = (order.Application, order.Bootloader, order.Heard, order.Settled);
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

        return new UpdateResult(heard);
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
                    // docs/bootloader.md F12: the flash may hold less than RAM and its CRCs said. The device has forgotten everything: once more from zero.
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
        for (var (jumps, mistakes) = (0, 0); ;)
        {
            _jumped = jumps > 0;
            _observer.PhaseChanged(UpdatePhase.Connecting);
            var target = _heard ?? await HearAsync(jumps > 0 ? IsBootloader : IsOurs, _order.Times.Jump, cancellationToken) ?? throw NotHeard(jumps > 0);
            _heard = null;
            var link = await _radio.ConnectAsync(target.Address, target.AddressType, cancellationToken);
            try
            {
                var hasControl = link.Characteristics.Contains(DfuCharacteristic.ControlPoint) && link.Characteristics.Contains(DfuCharacteristic.Packet);
                var buttonless = hasControl ? null : ButtonlessEntry.CharacteristicOf(link);
                if (hasControl && BootloaderAt(target) is { } at)
                {
                    Identify(at.Application, at.Bootloader);
                    _settled = true;
                    return link;
                }

                var isApplication = !hasControl && (target.Address == _application || IsBondedTarget(target, buttonless));
                var isOurs = isApplication || (!hasControl && target.Address == (_order.Target ?? target.Address));
                if (isOurs && ((activated && jumps == 0) || (uncertain && buttonless is null)))
                {
                    await link.DisposeAsync();
                    return null; // an application came up; one that cannot be sent back to look is believed
                }

                if (isApplication)
                {
                    var entry = buttonless ?? throw new DfuException(DfuError.NotADfuDevice, $"{target.Address} has no DFU control point and no buttonless characteristic");
                    if (jumps++ == 2) throw new DfuException(DfuError.BootloaderNotHeard, $"{target.Address} came back as an application after each of 2 jumps");
                    Identify(target.Address, entry == DfuCharacteristic.ButtonlessBonded ? target.Address : target.Address.Bootloader);
                    _settled = true;
                    await JumpAsync(link, entry, cancellationToken);
                }
                else
                {
                    Mistake(target, hasControl);
                    if (++mistakes == MostMistakes) throw NotHeard(jumps > 0);
                }
            }
            catch
            {
                await link.DisposeAsync();
                throw;
            }

            await link.DisposeAsync();
        }
    }

    /// <summary>Whose bootloader answered: the addresses of our device's two programs, null for a neighbour's.</summary>
    private (BluetoothAddress Application, BluetoothAddress Bootloader)? BootloaderAt(Advertisement target)
    {
        if (target.Address == _bootloader) return (_application, _bootloader);
        if (HasOurLabel(target)) return (_application, target.Address);

        // A bootloader where the application was expected: the operator gave the bootloader's address. Not where our application was seen.
        return target.Address == _application && !_settled ? (target.Address.Application, target.Address) : null;
    }

    /// <summary>A device that was given by this very address, and was taken for a bootloader without bonds when it was found in its bootloader.</summary>
    private bool IsBondedTarget(Advertisement target, DfuCharacteristic? buttonless) =>
        buttonless == DfuCharacteristic.ButtonlessBonded && target.Address == _order.Target;

    /// <summary>What answered is not what was expected there: a neighbour of consecutive address. It is let go and not asked again.</summary>
    private void Mistake(Advertisement target, bool isBootloader)
    {
        _strangers[(target.Address, target.Name)] = isBootloader;
        if (!isBootloader && !DeviceNames.IsBootloader(target.Name)) _observer.Mistaken(target.Address);
    }

    private DfuException NotHeard(bool jumped)
    {
        var who = jumped ? $"{_bootloader} was not heard within {_order.Times.Jump.TotalSeconds:0} s after the jump" : $"neither {_bootloader} nor {_application} was heard within {_order.Times.Jump.TotalSeconds:0} s";
        var strangers = string.Concat(_strangers.Select(static stranger => $"; {stranger.Key.Address} is {(stranger.Value ? "the bootloader" : "the application")} of another device").Distinct());
        return new(DfuError.BootloaderNotHeard, who + strangers);
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
                return IsApplication(heard) && _application != _bootloader;
            },
            _order.Times.Activation,
            cancellationToken);
        _heard = application ?? bootloader;
        return application is not null;
    }

    private bool IsOurs(Advertisement heard) => IsApplication(heard) || IsBootloader(heard);

    /// <summary>Where our application was seen a bootloader is a neighbour's.</summary>
    private bool IsApplication(Advertisement heard) =>
        heard.Address == _application && !IsStranger(heard) && !(_settled && _application != _bootloader && DeviceNames.IsBootloader(heard.Name));

    /// <remarks>Our bootloader and a neighbour's application may be on the air at one address: under our label, the next connect may reach ours.</remarks>
    private bool IsBootloader(Advertisement heard) => HasOurLabel(heard) || (heard.Address == _bootloader && !IsStranger(heard));

    private bool HasOurLabel(Advertisement heard) => heard.Name.Length > 0 && heard.Name == _order.BootloaderName;

    private bool IsStranger(Advertisement heard) => _strangers.ContainsKey((heard.Address, heard.Name));

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
