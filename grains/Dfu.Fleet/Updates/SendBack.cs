using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>After a refusal the device has nothing to do in its bootloader: it goes back to its application at once, where it can be told to.</summary>
/// <remarks>A refused init packet has wiped what the bootloader held of any image, so nothing is lost by it.</remarks>
/// <param name="earlier">The image of the package that the device took before; null when it took none.</param>
internal sealed class SendBack(UpdateContext attempt, DfuImage? earlier)
{
    /// <summary>From the reset to the first advertisement of whichever program runs then.</summary>
    private static readonly TimeSpan Boots = TimeSpan.FromSeconds(5);

    private readonly TargetDevice _device = attempt.Device;

    /// <returns>What the operator should know of it, to be added to the refusal's text.</returns>
    public async Task<string> RunAsync(IDfuLink link, CancellationToken cancellationToken)
    {
        var answer = await LeaveAsync(link, cancellationToken);
        if (answer == ExitAnswer.NotKnown)
        {
            return earlier is null
                ? $"; the device is still in its bootloader, which {BootloaderExit.CannotBeTold}"
                : $"; the device may have no application now: {What(earlier)}";
        }

        if (answer == ExitAnswer.None) return "";
        return await RunsAsync(cancellationToken) switch
        {
            true => "; the device is back in its application",
            false when earlier is not null => $"; the device has no application now: {What(earlier)}",
            false => "; the device is back in its bootloader, for it has no application",
            null => "; the device was sent back to its application",
        };
    }

    /// <returns>Whether its application was heard.</returns>
    public async Task<bool> ReturnsAsync(IDfuLink link, CancellationToken cancellationToken) =>
        await LeaveAsync(link, cancellationToken) == ExitAnswer.Left && await RunsAsync(cancellationToken) == true;

    private async Task<ExitAnswer> LeaveAsync(IDfuLink link, CancellationToken cancellationToken)
    {
        var answer = await BootloaderExit.RunAsync(link, subscribe: false, attempt.Order.Transfer, attempt.Time, cancellationToken);
        await link.DisposeAsync();
        return answer;
    }

    private static string What(DfuImage earlier) => earlier.Type == ImageType.Bootloader
        ? $"it took {ImageTitle.Of(earlier)}; send an application that it takes"
        : $"it took {ImageTitle.Of(earlier)} of this package; send an application that is built for {SoftDevice(earlier)}";

    private static string SoftDevice(DfuImage image) =>
        SoftDeviceInfo.Of(image) is { } info ? $"SoftDevice {SoftDevices.Describe(info.Id)}" : "that SoftDevice, with its id as --sd-req";

    /// <returns>Whether the device runs its application; null when it was not heard, or only a connect would tell.</returns>
    private async Task<bool?> RunsAsync(CancellationToken cancellationToken)
    {
        var heard = await attempt.HearAsync(_device.IsOurs, Boots, cancellationToken);
        return heard is { } one ? _device.RunsApplication(one) : null;
    }
}
