using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>An ETag that tells whether its payload is still what was written: 32 random digits, and the CRC-32 of the payload.</summary>
/// <remarks>SQLite knows when its pages do not fit together, not when a bit in the middle of a row has changed.</remarks>
internal static class CheckedETag
{
    private const int Random = 32;

    public static string For(object payload) => $"{Guid.NewGuid():N}{CheckOf(payload)}";

    public static bool Fits(string etag, object payload) =>
        etag.Length == Random || (etag.Length > Random && etag.AsSpan(Random).SequenceEqual(CheckOf(payload)));

    private static string CheckOf(object payload) => Crc32.HashToUInt32(payload switch
    {
        string text => Encoding.UTF8.GetBytes(text),
        byte[] bytes => bytes,
        _ => [],
    }).ToString("x8", CultureInfo.InvariantCulture);
}
