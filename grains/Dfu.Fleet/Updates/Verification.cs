using Dfu.Adapters;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Updates;

/// <summary>The last step of an image: it waits for the device to come back by itself.</summary>
internal sealed class Verification(UpdateContext attempt)
{
    private readonly TargetDevice _device = attempt.Device;

    /// <summary>After an image that another follows: the device goes on with whichever of its programs comes first.</summary>
    /// <remarks>docs/bootloader.md F27: a bootloader whose application is still valid leaves DFU mode after 10 s.</remarks>
    /// <returns>Whether its application came.</returns>
    public async Task<bool> ComesBackAsync(CancellationToken cancellationToken)
    {
        attempt.Observer.PhaseChanged(UpdatePhase.Verifying);
        _device.Heard = await attempt.HearAsync(_device.IsOurs, UpdateTimes.Activation, cancellationToken);
        return _device.Heard is { } heard && _device.RunsApplication(heard) == true;
    }

    /// <summary>After the last image, which the device accepted.</summary>
    /// <remarks>Behind a new bootloader by itself the application that is there runs at once; without one the bootloader stays (F27).</remarks>
    /// <returns>Whether its application was heard; null when the device is back in its bootloader although the image is an application.</returns>
    public async Task<bool?> ApplicationStartsAsync(DfuImage image, CancellationToken cancellationToken)
    {
        if (image.Type == ImageType.Bootloader) return await ComesBackAsync(cancellationToken);
        if (await ApplicationIsHeardAsync(image, cancellationToken)) return true;
        return image.Type == ImageType.Application && _device.Heard is not null ? null : false;
    }

    /// <summary>Waits for the application. If only the bootloader is heard, the next connect goes there.</summary>
    /// <remarks>
    /// A bootloader that is still, or again, on the air will not bring an application by itself, so it ends the wait. Not behind a SoftDevice: there it stays
    /// for 10 s and then starts the application (F27).
    /// </remarks>
    public async Task<bool> ApplicationIsHeardAsync(DfuImage image, CancellationToken cancellationToken)
    {
        attempt.Observer.PhaseChanged(UpdatePhase.Verifying);
        Advertisement? bootloader = null;
        var began = attempt.Time.GetTimestamp();
        var heard = await attempt.HearAsync(
            heard =>
            {
                if (_device.RunsApplication(heard) == true) return true;
                if (!_device.IsBootloader(heard)) return false;
                bootloader = heard;
                return image.Type == ImageType.Application && attempt.Time.GetElapsedTime(began) >= UpdateTimes.BootloaderStays;
            },
            UpdateTimes.Activation,
            cancellationToken);
        _device.Heard = heard ?? bootloader;
        return heard is { } one && _device.RunsApplication(one) == true;
    }
}
