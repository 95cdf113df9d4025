using System.Security.Cryptography;
using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>Reads a P-256 key in whatever form it comes, and says what a file is that holds none.</summary>
internal static class KeyReader
{
    /// <exception cref="DfuException"><see cref="DfuError.KeyInvalid"/>.</exception>
    public static ECDsa Private(ReadOnlySpan<byte> content, KeySource source)
    {
        var key = Read(content, source);
        try
        {
            return key.D is not null
                ? Create(key)
                : throw KeyFault.Of("this is a public key, and a private one is needed", "Give the private key that this one belongs to");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.D);
        }
    }

    /// <inheritdoc cref="Private"/>
    public static ECDsa Public(ReadOnlySpan<byte> content, KeySource source)
    {
        var key = Read(content, source);
        if (key.D is null) return Create(key);
        try
        {
            using var pair = Create(key);
            return ECDsa.Create(pair.ExportParameters(includePrivateParameters: false));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.D);
        }
    }

    private static ECParameters Read(ReadOnlySpan<byte> content, KeySource source)
    {
        if (FileKinds.Recognise(content, source.Path) is { Family: not (FileFamily.Key or FileFamily.Text or FileFamily.Binary) } kind)
            throw KeyFault.Of($"this is {kind.Name}", kind.RemedyFor(FileUse.Key));
        OtherFiles.RefuseKeyStore(content, source);
        if (DerKey.Fits(content)) return DerKey.Read(content.ToArray(), source);

        var text = Decode(content);
        if (text.Contains("-----BEGIN ", StringComparison.Ordinal)) return PemKey.Read(text, source);
        OtherFiles.RefuseText(text, source);
        return PublicKeyText.Read(text)
            ?? throw KeyFault.Of("this is no key: neither PEM nor DER, nor a public key in hexadecimal or C");
    }

    /// <summary>UTF-8 or UTF-16, with or without a byte order mark.</summary>
    private static string Decode(ReadOnlySpan<byte> content)
    {
        var encoding = content switch
        {
            [0xFF, 0xFE, ..] or [> 0, 0, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] or [0, > 0, ..] => Encoding.BigEndianUnicode,
            _ => Encoding.UTF8,
        };
        return encoding.GetString(content).TrimStart('\uFEFF');
    }

    private static ECDsa Create(ECParameters key)
    {
        try
        {
            return ECDsa.Create(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or PlatformNotSupportedException)
        {
            throw KeyFault.Of("its numbers make no key on the curve P-256: it is damaged, or its two halves are of different keys", "Copy the file again", e);
        }
    }
}
