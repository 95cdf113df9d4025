using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>Points of the curve P-256, y² = x³ - 3x + b (mod p); coordinates are 32 bytes, most significant byte first.</summary>
/// <remarks>FIPS 186-5 and SP 800-186, 3.2.1.3; point formats: SEC 1, 2.3.</remarks>
internal static class P256
{
    public const string Oid = "1.2.840.10045.3.1.7";
    public const int Bytes = 32;

    private static readonly BigInteger P = Hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger B = Hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    public static bool Contains(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y) => Number(x) < P && Number(y) < P && Number(y) * Number(y) % P == Square(Number(x));

    /// <param name="encoded">04 and both coordinates, or 02 or 03 and the first.</param>
    public static ECPoint Decode(ReadOnlySpan<byte> encoded) => encoded switch
    {
        [4, .. { Length: 2 * Bytes } both] => new() { X = both[..Bytes].ToArray(), Y = both[Bytes..].ToArray() },
        [2 or 3, .. { Length: Bytes } x] => Decompress(x, encoded[0] == 3),
        _ => throw KeyFault.Of("its public half is no point of the curve P-256"),
    };

    private static ECPoint Decompress(ReadOnlySpan<byte> x, bool odd)
    {
        var square = Square(Number(x));
        var y = BigInteger.ModPow(square, (P + 1) / 4, P);
        if (y * y % P != square) throw KeyFault.Of("its public half is no point of the curve P-256");
        if (y.IsEven == odd) y = P - y;
        var bytes = y.ToByteArray(isUnsigned: true, isBigEndian: true);
        return new() { X = x.ToArray(), Y = [.. new byte[Bytes - bytes.Length], .. bytes] };
    }

    private static BigInteger Square(BigInteger x) => (BigInteger.ModPow(x, 3, P) + (P * 3) - (x * 3 % P) + B) % P;

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger Hex(string digits) => BigInteger.Parse("0" + digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
