using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>Reads the one key of a PEM text.</summary>
internal static class PemKey
{
    private const string DekInfo = "DEK-Info";
    private const int SaltBytes = 8;

    private static readonly string[] NoKeys = ["EC PARAMETERS", "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

    private static readonly Dictionary<string, int> KeyBytes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["AES-128-CBC"] = 16,
        ["AES-192-CBC"] = 24,
        ["AES-256-CBC"] = 32,
        ["DES-EDE3-CBC"] = 24,
    };

    public static ECParameters Read(string text, KeySource source)
    {
        OtherFiles.RefuseArmour(text, source);
        var blocks = PemBlock.Of(text).ToList();
        var keys = blocks.Where(block => !NoKeys.Contains(block.Label)).ToList();
        if (keys.Count > 1) throw KeyFault.Of($"it holds {keys.Count} keys", "Keep one key in a file");
        if (keys is [var key]) return Read(key, source);
        throw blocks.Exists(block => block.Label != NoKeys[0]) ? OtherFiles.Certificate(source) : KeyFault.Of("it holds the curve of a key, but no key");
    }

    private static ECParameters Read(PemBlock block, KeySource source)
    {
        if (block.Headers.TryGetValue(DekInfo, out var encryption))
        {
            if (block.Label is "RSA PRIVATE KEY" or "DSA PRIVATE KEY") throw KeyFault.Is(block.Label[0] == 'R' ? "an RSA key" : "a DSA key");
            return DerKey.ReadAndWipe(Decrypt(encryption, block.Content, source), source);
        }

        return DerKey.ReadAndWipe(block.Content, source);
    }

    /// <param name="encryption"><c>AES-256-CBC,</c> and the initialization vector in hexadecimal, whose first 8 bytes are the salt.</param>
    private static byte[] Decrypt(string encryption, byte[] secret, KeySource source)
    {
        var comma = encryption.IndexOf(',', StringComparison.Ordinal);
        var cipher = comma < 0 ? encryption : encryption[..comma].Trim();
        if (!KeyBytes.TryGetValue(cipher, out var keyBytes))
        {
            throw KeyFault.Of(
                $"the private key is encrypted in a way that is not read here ({OneLine.Of(cipher)})",
                $"Decrypt it with: {source.Decrypts}");
        }

        var iv = new byte[16];
        if (comma < 0 || Convert.FromHexString(encryption.AsSpan(comma + 1).Trim(), iv, out _, out var ivBytes) != System.Buffers.OperationStatus.Done
            || ivBytes < SaltBytes)
            throw KeyFault.Of("its DEK-Info line is damaged", "Copy the file again");
        var tripleDes = cipher.StartsWith("DES", StringComparison.OrdinalIgnoreCase);
        return source.WithPassphrase(passphrase =>
            EncryptedKey.DecryptCbc(tripleDes, Derive(passphrase, iv.AsSpan(0, SaltBytes), keyBytes), iv[..ivBytes], secret));
    }

    /// <summary>OpenSSL's EVP_BytesToKey with MD5 and one round.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The file's format says MD5, and that is no choice of ours.")]
    private static byte[] Derive(char[] passphrase, ReadOnlySpan<byte> salt, int bytes)
    {
        var salted = new byte[Encoding.UTF8.GetByteCount(passphrase) + SaltBytes];
        Encoding.UTF8.GetBytes(passphrase, salted);
        salt.CopyTo(salted.AsSpan(salted.Length - SaltBytes));
        byte[] last = [], all = [];
        while (all.Length < bytes)
        {
            last = MD5.HashData([.. last, .. salted]);
            all = [.. all, .. last];
        }

        CryptographicOperations.ZeroMemory(salted);
        return all[..bytes];
    }
}
