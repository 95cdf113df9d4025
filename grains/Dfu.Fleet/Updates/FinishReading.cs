using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Updates;

/// <summary>After the last image: it asks the new application what it is, where the operator wants that or the application is known to say it.</summary>
internal sealed class FinishReading(UpdateContext attempt)
{
    private const int MostTries = 3;

    private readonly Plans.FinishPlan _plan = attempt.Order.Finish;
    private readonly TargetDevice _device = attempt.Device;

    private Guid Characteristic => _plan.Characteristic ?? BluetoothUuid.FirmwareRevision;

    /// <summary>
    /// A connect costs the adapter's time, so it is made for an application that is known to say something: the new one on another device of the
    /// campaign, else the old one on this device.
    /// </summary>
    private bool IsWorthIt => _plan.Characteristic is not null || _plan.Expect is not null
        || (attempt.Order.ApplicationTells ?? (attempt.Order.AsksApplication || (attempt.Told?.Revision ?? attempt.Order.Passport.Revision) is not null));

    /// <param name="heard">The application was heard.</param>
    /// <exception cref="DfuException">ApplicationDiffers, or ApplicationNotRead where something is expected.</exception>
    public async Task<FinishReport> RunAsync(bool heard, CancellationToken cancellationToken)
    {
        if (!_plan.Verify) return new(FinishCheck.Skipped);
        if (!heard && !(_device.IsBonded && IsWorthIt)) return Unread("its application was not heard", new(FinishCheck.Accepted));
        return IsWorthIt ? await ReadAsync(new(heard ? FinishCheck.Heard : FinishCheck.Accepted), cancellationToken) : new(FinishCheck.Heard);
    }

    private async Task<FinishReport> ReadAsync(FinishReport before, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await TryAsync(before, cancellationToken);
            }
            catch (DfuException e) when (e.Error == DfuError.AdapterLost)
            {
                throw; // another adapter asks, or hears, the application
            }
            catch (DfuException e) when (e.Error.IsTransient() && tries == MostTries)
            {
                return Unread($"{MostTries} connects came to nothing, the last: {e.Message}", before);
            }
            catch (DfuException e) when (e.Error.IsTransient())
            {
                _device.Heard = null; // it is heard anew before the next connect
            }
        }
    }

    private async Task<FinishReport> TryAsync(FinishReport before, CancellationToken cancellationToken)
    {
        attempt.Observer.PhaseChanged(UpdatePhase.Reading);
        var target = _device.Heard ?? await attempt.HearAsync(_device.IsApplication, UpdateTimes.Activation, cancellationToken);
        if (target is not { } heard) return Unread("its application fell silent", before);
        attempt.Observer.PhaseChanged(UpdatePhase.Connecting);
        await using var link = await attempt.Adapter.ConnectAsync(heard.Address, heard.AddressType, cancellationToken);
        attempt.Observer.PhaseChanged(UpdatePhase.Reading);
        if (link.Characteristics.Contains(DfuCharacteristic.ControlPoint)) return Unread("its bootloader answered", before);
        var firmware = await ApplicationInformation.ValueAsync(link, BluetoothUuid.FirmwareRevision, attempt.Time, cancellationToken);
        attempt.Observer.ApplicationTells(firmware is not null);
        var value = _plan.Characteristic is { } named ? await ApplicationInformation.ValueAsync(link, named, attempt.Time, cancellationToken) : firmware;
        var revision = firmware is null ? null : ApplicationInformation.Describe(firmware);
        if (value is null) return Unread(
            $"it has no {BluetoothUuid.Describe(Characteristic)} that can be read", new(FinishCheck.Heard) { FirmwareRevision = revision });
        return Compare(value) with { FirmwareRevision = revision };
    }

    private FinishReport Compare(byte[] value)
    {
        var said = ApplicationInformation.Describe(value);
        if (_plan.Expect is not { } expected) return new(FinishCheck.Read, said);
        return ApplicationInformation.Matches(value, expected)
            ? new(FinishCheck.Compared, said)
            : throw new DfuException(DfuError.ApplicationDiffers, $"{BluetoothUuid.Describe(Characteristic)} says '{said}', expected was '{expected}'");
    }

    /// <summary>An update that was accepted does not fail because nobody could be asked, unless something is expected.</summary>
    private FinishReport Unread(string why, FinishReport otherwise) => _plan.Expect is { } expected
        ? throw new DfuException(
            DfuError.ApplicationNotRead, $"{BluetoothUuid.Describe(Characteristic)} could not be read, expected was '{expected}': {why}")
        : otherwise;
}
