using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Timing;

namespace Dfu.Protocol.Transfers;

/// <summary>
/// Sends an application to its bootloader, which then advertises at <see cref="BluetoothAddress.Bootloader"/>, or at the same
/// address where it bonds.
/// </summary>
/// <remarks>
/// nRF5 SDK, ble_dfu.c, ble_dfu_unbonded.c and ble_dfu_bonded.c; transcript 64. SDK 12 knows no name, SDK 13 refuses it. One that bonds wants the link
/// encrypted before anything, the subscription included, and gives the bond of this link to its bootloader.
/// </remarks>
public static class ButtonlessEntry
{
    /// <summary>Longest name the bootloader takes, in bytes of UTF-8.</summary>
    public const int LongestName = 20;

    private const byte InsufficientAuthorization = 0x08;

    /// <summary>The buttonless characteristic of an application, null when it has none.</summary>
    public static DfuCharacteristic? CharacteristicOf(IDfuLink link) =>
        link.Characteristics.Contains(DfuCharacteristic.Buttonless) ? DfuCharacteristic.Buttonless
        : link.Characteristics.Contains(DfuCharacteristic.ButtonlessBonded) ? DfuCharacteristic.ButtonlessBonded
        : link.Characteristics.Contains(DfuCharacteristic.ButtonlessSdk12) ? DfuCharacteristic.ButtonlessSdk12
        : null;

    /// <summary>Returns when the device has agreed and closed the link, or was given <paramref name="timeout"/> to close it.</summary>
    /// <param name="name">What the bootloader is to advertise, so that units can be told apart; a device that cannot do that keeps its own.</param>
    /// <returns>Whether the device took the name: it erases its settings page once for that, when its application starts next.</returns>
    public static async Task<bool> EnterAsync(
        IDfuLink link, DfuCharacteristic characteristic, string name, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        await link.SecuredAsync(() => SubscribeAsync(link, characteristic, timeout, time, cancellationToken), time, cancellationToken);
        var bytes = Encoding.UTF8.GetBytes(name);
        var named = false;
        if (characteristic == DfuCharacteristic.Buttonless && bytes.Length is > 0 and <= LongestName)
        {
            // Refusing the name is no reason not to go on.
            var taken = await AskAsync(link, characteristic, [Buttonless.SetName, (byte)bytes.Length, .. bytes], timeout, time, cancellationToken);
            named = taken == Buttonless.Success;
        }

        var result = await link.SecuredAsync(
            () => AskAsync(link, characteristic, [Buttonless.EnterBootloader], timeout, time, cancellationToken), time, cancellationToken);
        switch (result)
        {
            case null or Buttonless.Success:
                break; // An application may jump without an answer; the caller finds out by listening for the bootloader.
            case Buttonless.NotBonded:
                throw new DfuException(DfuError.PairingRefused, "the application keeps no bond with this adapter: it answered 20 01 07 (not bonded)");
            default:
                throw new DfuException(DfuError.ButtonlessRefused, $"the application answered 20 01 {result:x2}");
        }

        try
        {
            await link.Closed.WithinAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It answered and stays: the caller closes the link, which makes some applications reset.
        }

        return named;
    }

    private static async Task<bool> SubscribeAsync(
        IDfuLink link, DfuCharacteristic characteristic, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        await Bounded(link.SubscribeAsync(characteristic, cancellationToken), timeout, time, cancellationToken);
        return true;
    }

    private static async Task<byte?> AskAsync(
        IDfuLink link, DfuCharacteristic characteristic, byte[] request, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await Bounded(link.WriteAsync(characteristic, request, cancellationToken), timeout, time, cancellationToken);
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost && request[0] == Buttonless.EnterBootloader)
        {
            return Take(link, request[0]);
        }

        try
        {
            while (await link.Notifications.WaitToReadAsync(either.Token))
            {
                if (Take(link, request[0]) is { } result) return result;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        if (request[0] == Buttonless.EnterBootloader) return null;
        throw new DfuException(DfuError.LinkLost, $"the link dropped, reason {await link.Closed}");
    }

    private static byte? Take(IDfuLink link, byte opCode)
    {
        while (link.Notifications.TryRead(out var notification))
        {
            if (notification.Value.Span is [Buttonless.Response, var op, var result, ..] && op == opCode) return result;
        }

        return null;
    }

    private static async Task Bounded(Task task, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await task.WithinAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new DfuException(DfuError.RequestTimeout, "the application did not acknowledge a write in time");
        }
        catch (DfuException e) when (e is { Error: DfuError.AttError, AttStatus: InsufficientAuthorization })
        {
            throw new DfuException(DfuError.PairingRefused, $"the application refused with ATT status 0x{e.AttStatus:x2}", e);
        }
    }
}
