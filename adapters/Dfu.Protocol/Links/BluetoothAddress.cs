using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Dfu.Protocol.Links;

/// <summary>A 48-bit Bluetooth device address, written most significant byte first: <c>C0:98:76:54:32:10</c>.</summary>
public readonly record struct BluetoothAddress : IComparable<BluetoothAddress>
{
    private readonly ulong _value;

    /// <param name="value">The address as a number, 0 to 2^48 - 1; the low byte is the one written last.</param>
    public BluetoothAddress(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 0xFFFF_FFFF_FFFFul);
        _value = value;
    }

    public ulong Value => _value;

    /// <summary>The address a bootloader without bonds advertises for an application with this one: low byte plus one, wrapping without carry.</summary>
    /// <remarks>nRF5 SDK, nrf_ble_dfu.c / nrf_dfu_ble.c: <c>addr.addr[0] += 1</c> on a byte.</remarks>
    public BluetoothAddress Bootloader => WithLowByte((byte)(_value + 1));

    /// <summary>The inverse of <see cref="Bootloader"/>.</summary>
    public BluetoothAddress Application => WithLowByte((byte)(_value - 1));

    /// <summary>Accepts six hexadecimal bytes separated by colons or dashes, or twelve digits without separators; either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out BluetoothAddress address)
    {
        address = default;
        if (text is null) return false;
        var separated = text.Length == 17;
        if (!separated && text.Length != 12) return false;
        ulong value = 0;
        for (var i = 0; i < 6; i++)
        {
            var at = separated ? i * 3 : i * 2;
            if (separated && i > 0 && text[at - 1] is not (':' or '-')) return false;
            if (!byte.TryParse(text.AsSpan(at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b)) return false;
            value = (value << 8) | b;
        }

        address = new BluetoothAddress(value);
        return true;
    }

    public static BluetoothAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not a Bluetooth address such as C0:98:76:54:32:10");

    /// <summary>Six bytes, most significant first, as the bridge sends them.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BluetoothAddress address)
    {
        address = default;
        if (bytes.Length != 6) return false;
        ulong value = 0;
        foreach (var b in bytes) value = (value << 8) | b;
        address = new BluetoothAddress(value);
        return true;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[6];
        for (var i = 0; i < 6; i++) bytes[i] = (byte)(_value >> (8 * (5 - i)));
        return bytes;
    }

    public int CompareTo(BluetoothAddress other) => _value.CompareTo(other._value);

    public override string ToString() => string.Create(17, _value, static (chars, value) =>
    {
        for (var i = 0; i < 6; i++)
        {
            ((byte)(value >> (8 * (5 - i)))).TryFormat(chars[(i * 3)..], out _, "X2", CultureInfo.InvariantCulture);
            if (i < 5) chars[(i * 3) + 2] = ':';
        }
    });

    private BluetoothAddress WithLowByte(byte low) => new((_value & ~0xFFul) | low);

    public static bool operator <(BluetoothAddress left, BluetoothAddress right) => left.CompareTo(right) < 0;
    public static bool operator >(BluetoothAddress left, BluetoothAddress right) => left.CompareTo(right) > 0;
    public static bool operator <=(BluetoothAddress left, BluetoothAddress right) => left.CompareTo(right) <= 0;
    public static bool operator >=(BluetoothAddress left, BluetoothAddress right) => left.CompareTo(right) >= 0;
}
