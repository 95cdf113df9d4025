using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <param name="Jumped">The application was sent into this bootloader just now.</param>
/// <param name="Explains">See <see cref="TransferHint.Explains"/>.</param>
internal readonly record struct BootloaderLink(IDfuLink Link, bool Jumped, bool Explains);

/// <summary>The first step of an attempt: it connects to the device's bootloader, and sends an application that answers into it.</summary>
internal sealed class BootloaderConnect(UpdateContext attempt)
{
    private const int MostJumps = 2;

    /// <summary>So many neighbours in a row are let go; connecting takes the adapter's time.</summary>
    private const int MostMistakes = 4;

    private readonly TargetDevice _device = attempt.Device;
    private readonly UpdateOrder _order = attempt.Order;
    private bool _explains;

    /// <param name="activated">
    /// The bootloader was just seen to have nothing left to do: an application that answers now is the new one, at the address of a
    /// bootloader that bonds.
    /// </param>
    /// <param name="uncertain">The new application may run already.</param>
    /// <returns>Null when that application answered, or one that runs the package; see <see cref="UpdateContext.Current"/>.</returns>
    public async Task<BootloaderLink?> RunAsync(bool activated, bool uncertain, CancellationToken cancellationToken)
    {
        for (var (jumps, mistakes) = (0, 0); ;)
        {
            var jumped = jumps > 0;
            var target = await HearAsync(jumped, cancellationToken);
            var link = await attempt.Adapter.ConnectAsync(target.Address, target.AddressType, cancellationToken);
            try
            {
                var isBootloader = IsBootloader(link);
                if (isBootloader && _device.BootloaderAt(target) is { } at)
                {
                    Settle(at.Application, at.Bootloader);
                    return new(link, jumped, _explains);
                }

                var buttonless = isBootloader ? null : ButtonlessEntry.CharacteristicOf(link);
                var isApplication = !isBootloader && _device.IsApplicationAt(target, buttonless);
                var isOurs = isApplication || (!isBootloader && (_order.Target is null || _device.IsGiven(target)));
                if (isOurs && ((activated && !jumped) || (uncertain && buttonless is null)))
                {
                    await link.DisposeAsync();
                    return null; // an application came up; one that cannot be sent back to look is believed
                }

                if (isApplication && attempt.PreflightDue && await IsCurrentAsync(link, cancellationToken))
                {
                    await link.DisposeAsync();
                    return null;
                }

                if (isApplication)
                {
                    await JumpAsync(link, target, buttonless, jumps++, cancellationToken);
                }
                else
                {
                    _device.Mistake(target, isBootloader);
                    if (!isBootloader && !DeviceNames.IsBootloader(target.Name)) attempt.Observer.Mistaken(target.Address);
                    if (++mistakes == MostMistakes) throw NotHeard(jumped);
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

    /// <summary>Whether the application is left alone because it runs the package.</summary>
    /// <exception cref="DfuException">As the bootloader would refuse it.</exception>
    private async Task<bool> IsCurrentAsync(IDfuLink link, CancellationToken cancellationToken)
    {
        attempt.PreflightDue = false;
        if (await ApplicationInformation.ReadAsync(link, attempt.Time, cancellationToken) is { } told)
        {
            attempt.Told = told;
            attempt.Observer.Told(told);
        }

        if (_order.Force) return false;
        var answer = Preflight.Decide(_order.Package, _order.Passport, attempt.Told);
        if (answer.Verdict == PreflightVerdict.Refused) throw new DfuException(answer.Error, answer.Detail);
        if (answer.Verdict == PreflightVerdict.Current) attempt.Current = answer.Detail;
        return answer.Verdict == PreflightVerdict.Current;
    }

    /// <summary>
    /// Asks the bootloader something over its link. One that bonds wants that encrypted, has the application's address, and takes nobody but the
    /// adapter whose bond it was given.
    /// </summary>
    /// <exception cref="DfuException">Besides those of <paramref name="ask"/>: BondedElsewhere, BondRequired.</exception>
    public async Task<T> LetInAsync<T>(IDfuLink link, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await link.SecuredAsync(ask, attempt.Time, cancellationToken, wanted: SettleAsBonded);
        }
        catch (DfuException e) when (e.Error == DfuError.PairingRefused)
        {
            throw new DfuException(DfuError.BondedElsewhere, $"the bootloader at {_device.Bootloader} does not take this adapter: {e.Message}", e);
        }
    }

    private void SettleAsBonded()
    {
        if (_device.HasTwoAddresses)
            throw new DfuException(DfuError.BootloaderNotHeard, $"the bootloader at {_device.Bootloader} bonds: it is another device's");
        Settle(_device.Bootloader, _device.Bootloader);
    }

    private static bool IsBootloader(IDfuLink link) =>
        link.Characteristics.Contains(DfuCharacteristic.ControlPoint) && link.Characteristics.Contains(DfuCharacteristic.Packet);

    private async Task<Advertisement> HearAsync(bool jumped, CancellationToken cancellationToken)
    {
        attempt.Observer.PhaseChanged(UpdatePhase.Connecting);
        if (jumped) attempt.Observer.Doing(TimeUse.Jumping);
        var target = _device.Heard
            ?? await attempt.HearAsync(jumped ? _device.IsBootloader : _device.IsOurs, UpdateTimes.Jump, cancellationToken)
            ?? throw NotHeard(jumped);
        attempt.Observer.Doing(TimeUse.Connecting);
        _device.Heard = null;
        return target;
    }

    private async Task JumpAsync(IDfuLink link, Advertisement target, DfuCharacteristic? buttonless, int jumps, CancellationToken cancellationToken)
    {
        var entry = buttonless
            ?? throw new DfuException(DfuError.NotADfuDevice, $"{target.Address} has no DFU control point and no buttonless characteristic");
        if (jumps == MostJumps)
            throw new DfuException(DfuError.BootloaderNotHeard, $"{target.Address} came back as an application after each of {MostJumps} jumps");
        Settle(target.Address, entry == DfuCharacteristic.ButtonlessBonded ? target.Address : target.Address.Bootloader);
        _device.HasTwoAddresses |= !_device.IsBonded;
        _explains = entry != DfuCharacteristic.ButtonlessSdk12;
        attempt.Observer.PhaseChanged(UpdatePhase.Jumping);
        if (await ButtonlessEntry.EnterAsync(link, entry, _order.BootloaderName, UpdateTimes.LinkCloses, attempt.Time, cancellationToken))
            attempt.Observer.Erased(0, 1);
    }

    private void Settle(BluetoothAddress application, BluetoothAddress bootloader)
    {
        if (_device.Settle(application, bootloader)) attempt.Observer.Identified(application, bootloader);
    }

    private DfuException NotHeard(bool jumped)
    {
        var within = $"within {UpdateTimes.Jump.TotalSeconds:0} s";
        var who = jumped
            ? $"{_device.Bootloader} was not heard {within} after the jump"
            : $"neither {_device.Bootloader} nor {_device.Application} was heard {within}";
        return new(DfuError.BootloaderNotHeard, who + _device.Strangers());
    }
}
