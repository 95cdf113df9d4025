using System.Buffers;
using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Updates;

/// <summary>What an application says of itself; null for what it has no characteristic for.</summary>
public sealed record ApplicationInformation(string? Revision, string? HardwareRevision)
{
    /// <summary>What reports and terminals are spared beyond.</summary>
    private const int LongestShown = 64;

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Reads the Device Information of the application at the other end.</summary>
    /// <returns>Null when it did not answer.</returns>
    /// <exception cref="DfuException">LinkLost.</exception>
    internal static async Task<ApplicationInformation?> ReadAsync(IDfuLink link, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return new(
                await TextAsync(link, BluetoothUuid.FirmwareRevision, time, cancellationToken),
                await TextAsync(link, BluetoothUuid.HardwareRevision, time, cancellationToken));
        }
        catch (DfuException e) when (e.Error is DfuError.AttError or DfuError.RequestTimeout)
        {
            return null; // nothing depends on it: the device is updated as one that says nothing
        }
    }

    /// <returns>Null when the application has no such characteristic.</returns>
    /// <exception cref="DfuException">LinkLost, AttError or RequestTimeout.</exception>
    internal static async Task<byte[]?> ValueAsync(IDfuLink link, Guid characteristic, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!link.Readable.Contains(characteristic)) return null;
        try
        {
            return (await link.ReadAsync(characteristic, cancellationToken).WithinAsync(UpdateTimes.Read, time, cancellationToken)).ToArray();
        }
        catch (TimeoutException)
        {
            throw new DfuException(
                DfuError.RequestTimeout, $"{BluetoothUuid.Describe(characteristic)} was not answered within {UpdateTimes.Read.TotalSeconds:0} s");
        }
    }

    /// <summary>A value as people read it: its text, or its bytes as 0x0102 where it is none.</summary>
    public static string Describe(ReadOnlySpan<byte> value)
    {
        var text = TextOf(value);
        var shown = !text.Any(static letter => char.IsControl(letter) || letter == '\ufffd') ? text : $"0x{Convert.ToHexStringLower(value)}";
        return shown.Length <= LongestShown ? shown : string.Concat(shown.AsSpan(0, LongestShown - 1), "…");
    }

    /// <param name="expected">Text, or bytes like 0x0102.</param>
    public static bool Matches(ReadOnlySpan<byte> value, string expected)
    {
        if (TextOf(value) == expected) return true;
        if (!expected.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || expected.Length % 2 != 0) return false;
        var digits = expected.AsSpan(2);
        return !digits.ContainsAnyExcept(Hexadecimal) && value.SequenceEqual(Convert.FromHexString(digits));
    }

    private static async Task<string?> TextAsync(IDfuLink link, Guid characteristic, TimeProvider time, CancellationToken cancellationToken) =>
        await ValueAsync(link, characteristic, time, cancellationToken) is { } value ? Describe(value) : null;

    /// <summary>Firmware that fills a fixed buffer ends its text with zeros.</summary>
    private static string TextOf(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));
}
