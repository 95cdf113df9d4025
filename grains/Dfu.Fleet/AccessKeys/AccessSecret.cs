using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Dfu.Fleet.AccessKeys;

/// <summary>
/// The text of a key: <c>dfu_</c>, its id of 8 letters and digits, <c>_</c>, and 256 random bits as 43 characters of base64url.
/// </summary>
/// <remarks>
/// Only the SHA-256 of the text is kept. A slow hash protects what people make up; 2^256 texts can be tried neither slowly nor fast.
/// </remarks>
public static partial class AccessSecret
{
    public const string Prefix = "dfu_";

    /// <summary>Characters of the whole text.</summary>
    public const int Length = 56;

    private const int IdLength = 8;
    private const int RandomBytes = 32;

    /// <summary>Without those that are taken for each other; 32 of them, so that every byte chooses evenly.</summary>
    private const string IdLetters = "abcdefghjkmnpqrstuvwxyz023456789";

    private static readonly SearchValues<char> OfIds = SearchValues.Create(IdLetters);

    /// <summary>Of a text that cannot be a key.</summary>
    public static string NoKey { get; } = $"that is not an access key: one has {Length} characters and begins with {Prefix}";

    /// <returns>The id and the whole text, from the system's random numbers.</returns>
    public static (string Id, string Secret) Make()
    {
        var id = RandomNumberGenerator.GetString(IdLetters, IdLength);
        Span<byte> random = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(random);
        return (id, $"{Prefix}{id}_{Base64Url.EncodeToString(random)}");
    }

    /// <summary>Whether a text may be a key at all, and which.</summary>
    public static bool TryParse(string? text, out string id)
    {
        id = "";
        if (text is not { Length: Length } || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length + IdLength] != '_') return false;
        var named = text.AsSpan(Prefix.Length, IdLength);
        var random = text.AsSpan(Prefix.Length + IdLength + 1);
        if (named.ContainsAnyExcept(OfIds) || !Base64Url.IsValid(random)) return false;
        id = named.ToString();
        return true;
    }

    /// <summary>What is kept of a key, in base64.</summary>
    public static string HashOf(string secret) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>A text for people and logs, with what is secret of keys in it left out: somebody may have put one into an address or an argument.</summary>
    public static string Hide(string text) => text.Contains(Prefix, StringComparison.Ordinal) ? Whole().Replace(text, "$1...") : text;

    /// <summary>Takes the same time wherever the two differ.</summary>
    public static bool Matches(string secret, string hash)
    {
        Span<byte> kept = stackalloc byte[SHA256.HashSizeInBytes];
        return Convert.TryFromBase64String(hash, kept, out var count) && count == kept.Length
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), kept);
    }

    [GeneratedRegex("(dfu_[a-z0-9]{8}_)[A-Za-z0-9_-]{43}")]
    private static partial Regex Whole();
}
