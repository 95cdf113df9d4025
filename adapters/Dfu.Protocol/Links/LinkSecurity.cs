using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Protocol.Links;

/// <summary>Encrypts a link when the peripheral wants it: what a characteristic needs shows only when it refuses.</summary>
/// <remarks>
/// docs/bootloader.md#bonds. Bluetooth Core 5.3, Vol 3, Part C, 10.3.1: 0x05 is the answer to a host without a key for the peripheral, 0x0f to one
/// that has it and does not use it.
/// </remarks>
public static class LinkSecurity
{
    /// <summary>A pairing in which one side waits for the other for this long has failed (Vol 3, Part H, 3.4).</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private const byte InsufficientAuthentication = 0x05;
    private const byte InsufficientEncryption = 0x0f;

    public static bool WantsEncryption(this DfuException e) =>
        e is { Error: DfuError.AttError, AttStatus: InsufficientAuthentication or InsufficientEncryption };

    /// <summary>
    /// Does something with the link and, when the peripheral refuses it for lack of encryption, once more on the link that is encrypted then.
    /// </summary>
    /// <param name="wanted">Called when it does.</param>
    /// <exception cref="DfuException">Besides those of <paramref name="ask"/>: PairingRefused or BondRequired.</exception>
    public static async Task<T> SecuredAsync<T>(
        this IDfuLink link, Func<Task<T>> ask, TimeProvider time, CancellationToken cancellationToken, Action? wanted = null)
    {
        try
        {
            return await ask();
        }
        catch (DfuException e) when (e.WantsEncryption())
        {
            wanted?.Invoke();
        }

        await SecureAsync(link, time, cancellationToken);
        try
        {
            return await ask();
        }
        catch (DfuException e) when (e.WantsEncryption())
        {
            throw new DfuException(
                DfuError.PairingRefused,
                $"the device answers ATT status 0x{e.AttStatus:x2} although this host has a bond with it: the device has lost its side",
                e);
        }
    }

    private static async Task SecureAsync(IDfuLink link, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await link.SecureAsync(cancellationToken).WithinAsync(Longest, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new DfuException(DfuError.PairingRefused, $"the device did not finish pairing within {Longest.TotalSeconds:0} s");
        }
    }
}
