using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>Addresses as one text that is equal for equal sets.</summary>
/// <remarks>Six bytes each, most significant first, in ascending order; in base 64 for URLs, which JSON leaves as it is.</remarks>
internal static class AddressList
{
    private const int Size = 6;

    public static string Pack(IEnumerable<BluetoothAddress> addresses)
    {
        var sorted = addresses.Distinct().Order().ToArray();
        var bytes = new byte[sorted.Length * Size];
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < sorted.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(number, sorted[i].Value);
            number[^Size..].CopyTo(bytes.AsSpan(i * Size));
        }

        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>SHA-256 over the bytes of a packed list, lower-case hexadecimal.</summary>
    public static string Hash(string packed) => Convert.ToHexStringLower(SHA256.HashData(Base64Url.DecodeFromChars(packed)));

    public static int Count(string packed) => Base64Url.DecodeFromChars(packed).Length / Size;

    /// <summary>Whether two packed lists have an address in common.</summary>
    public static bool Overlap(string packed, string other)
    {
        ReadOnlySpan<byte> a = Base64Url.DecodeFromChars(packed);
        ReadOnlySpan<byte> b = Base64Url.DecodeFromChars(other);
        while (!a.IsEmpty && !b.IsEmpty)
        {
            switch (a[..Size].SequenceCompareTo(b[..Size]))
            {
                case 0:
                    return true;
                case < 0:
                    a = a[Size..];
                    break;
                default:
                    b = b[Size..];
                    break;
            }
        }

        return false;
    }
}
