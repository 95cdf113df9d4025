using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>Takes the passphrase off a key in PKCS 8 form (ENCRYPTED PRIVATE KEY).</summary>
/// <remarks>RFC 8018: PBES2 (6.2) with PBKDF2 (A.2); the older schemes are left to .NET.</remarks>
internal static class EncryptedKey
{
    private const string Pbes2 = "1.2.840.113549.1.5.13";
    private const string Pbkdf2 = "1.2.840.113549.1.5.12";
    private const string Scrypt = "1.3.6.1.4.1.11591.4.11";
    private const string TripleDes = "1.2.840.113549.3.7";

    /// <summary>So many rounds take seconds; a file from elsewhere must not hang the command.</summary>
    private const int MostRounds = 10_000_000;

    private static readonly Dictionary<string, HashAlgorithmName> Hashes = new()
    {
        ["1.2.840.113549.2.7"] = HashAlgorithmName.SHA1,
        ["1.2.840.113549.2.9"] = HashAlgorithmName.SHA256,
        ["1.2.840.113549.2.10"] = HashAlgorithmName.SHA384,
        ["1.2.840.113549.2.11"] = HashAlgorithmName.SHA512,
    };

    private static readonly Dictionary<string, int> AesKeyBytes = new()
    {
        ["2.16.840.1.101.3.4.1.2"] = 16,
        ["2.16.840.1.101.3.4.1.22"] = 24,
        ["2.16.840.1.101.3.4.1.42"] = 32,
    };

    /// <param name="der">The whole EncryptedPrivateKeyInfo.</param>
    /// <param name="scheme">Its algorithm.</param>
    /// <param name="secret">What is encrypted.</param>
    /// <returns>A PrivateKeyInfo or an ECPrivateKey; the caller's alone.</returns>
    public static byte[] Decrypt(ReadOnlyMemory<byte> der, AsnReader scheme, byte[] secret, KeySource source)
    {
        var oid = scheme.ReadObjectIdentifier();
        if (!oid.StartsWith("1.2.840.113549.1.", StringComparison.Ordinal)) throw KeyFault.Is("something else than a key");
        if (oid != Pbes2) return source.WithPassphrase(passphrase => Older(passphrase, der, source));

        var parameters = scheme.ReadSequence();
        var derivation = parameters.ReadSequence();
        var derives = derivation.ReadObjectIdentifier();
        if (derives != Pbkdf2) throw Unread(derives == Scrypt ? "scrypt" : derives, source);
        var salted = derivation.ReadSequence();
        var salt = salted.ReadOctetString();
        if (!salted.TryReadInt32(out var rounds) || rounds is < 1 or > MostRounds) throw Unread("PBKDF2 of that many rounds", source);
        if (salted.HasData && salted.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) salted.ReadInteger();
        var hashOid = salted.HasData ? salted.ReadSequence().ReadObjectIdentifier() : "1.2.840.113549.2.7";
        if (!Hashes.TryGetValue(hashOid, out var hash)) throw Unread(hashOid, source);

        var encryption = parameters.ReadSequence();
        var cipher = encryption.ReadObjectIdentifier();
        if (cipher != TripleDes && !AesKeyBytes.ContainsKey(cipher)) throw Unread(cipher, source);
        var iv = encryption.ReadOctetString();
        return source.WithPassphrase(passphrase =>
        {
            var bytes = Encoding.UTF8.GetBytes(passphrase);
            var key = Rfc2898DeriveBytes.Pbkdf2(bytes, salt, rounds, hash, AesKeyBytes.GetValueOrDefault(cipher, 24));
            CryptographicOperations.ZeroMemory(bytes);
            return DecryptCbc(cipher == TripleDes, key, iv, secret);
        });
    }

    /// <param name="key">Wiped here.</param>
    [SuppressMessage("Security", "CA5350", Justification = "The file says how it is encrypted, and that is no choice of ours.")]
    public static byte[] DecryptCbc(bool tripleDes, byte[] key, byte[] iv, byte[] secret)
    {
        try
        {
            using SymmetricAlgorithm cipher = tripleDes ? TripleDES.Create() : Aes.Create();
            cipher.Key = key;
            var plain = cipher.DecryptCbc(secret, iv);
            return plain is [0x30, ..] && DerKey.Fits(plain) ? plain : throw KeySource.WrongPassphrase();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw KeySource.WrongPassphrase(e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] Older(char[] passphrase, ReadOnlyMemory<byte> der, KeySource source)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportEncryptedPkcs8PrivateKey(passphrase, der.Span, out _);
            return key.ExportECPrivateKey();
        }
        catch (CryptographicException e)
        {
            throw KeyFault.Of(
                "the passphrase does not fit this key, or it is encrypted in a way that is not read here, or it is no elliptic-curve key",
                $"Decrypt it with: {source.Decrypts}",
                e);
        }
    }

    private static Errors.DfuException Unread(string how, KeySource source) =>
        KeyFault.Of($"the private key is encrypted in a way that is not read here ({how})", $"Decrypt it with: {source.Decrypts}");
}
