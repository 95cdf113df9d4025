using System.Buffers.Binary;
using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>Names the keys of other tools, with the line that makes a key of it where there is one.</summary>
internal static class OtherFiles
{
    private const string NistP256 = "ecdsa-sha2-nistp256";

    public static DfuException Certificate(KeySource source) =>
        KeyFault.Of("this is a certificate, not a key", $"Take its public key out with: openssl x509 -in {source.Quoted} -noout -pubkey > public.pem");

    public static DfuException Request(KeySource source) =>
        KeyFault.Of("this is a certificate request, not a key", $"Take its public key out with: openssl req -in {source.Quoted} -noout -pubkey > public.pem");

    public static DfuException Pkcs12(KeySource source) =>
        KeyFault.Of("this is a PKCS 12 key store (.p12 or .pfx)", $"Take the key out with: openssl pkcs12 -in {source.Quoted} -nocerts -nodes -out key.pem");

    public static void RefuseKeyStore(ReadOnlySpan<byte> content, KeySource source)
    {
        if (content is [0xFE, 0xED, 0xFE, 0xED, ..] or [0xCE, 0xCE, 0xCE, 0xCE, ..])
        {
            throw KeyFault.Of(
                "this is a Java key store",
                $"Make a PKCS 12 file of it with: keytool -importkeystore -srckeystore {source.Quoted} -destkeystore key.p12 -deststoretype pkcs12");
        }
    }

    /// <summary>Refuses texts with BEGIN lines that hold no ASN.1.</summary>
    public static void RefuseArmour(string text, KeySource source)
    {
        if (text.Contains("-----BEGIN OPENSSH PRIVATE KEY", StringComparison.Ordinal)) throw OpenSsh(text, source);
        if (text.Contains("-----BEGIN PGP ", StringComparison.Ordinal)) throw KeyFault.Is("an OpenPGP file");
        if (text.Contains("BEGIN CERTIFICATE REQUEST", StringComparison.Ordinal) || text.Contains("BEGIN NEW CERTIFICATE REQUEST", StringComparison.Ordinal))
            throw Request(source);
        if (text.Contains("-----BEGIN PKCS7", StringComparison.Ordinal)) throw KeyFault.Of("these are certificates (PKCS 7), not a key");
    }

    /// <summary>Refuses texts of other tools.</summary>
    public static void RefuseText(string text, KeySource source)
    {
        var start = text.TrimStart();
        if (start.StartsWith("PuTTY-User-Key-File-", StringComparison.Ordinal))
        {
            var kind = start[(start.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('\n')[0].Trim();
            throw Of("a PuTTY key", kind, $"Make PEM of it with: puttygen {source.Quoted} -O private-openssh -o key.pem");
        }

        if (start.StartsWith("---- BEGIN SSH2 ", StringComparison.Ordinal))
        {
            throw KeyFault.Of(
                "this is an SSH public key (RFC 4716)",
                $"Make PEM of it with: ssh-keygen -i -m RFC4716 -f {source.Quoted} > key.pub && ssh-keygen -e -m PKCS8 -f key.pub > public.pem");
        }

        if (start.Split(' ')[0] is var type && (type.StartsWith("ssh-", StringComparison.Ordinal) || type.Contains("-sha2-", StringComparison.Ordinal)))
        {
            throw Of("an SSH public key", type, $"Make PEM of it with: ssh-keygen -e -m PKCS8 -f {source.Quoted} > public.pem");
        }

        if (start.StartsWith('{') && text.Contains("\"kty\"", StringComparison.Ordinal)) throw KeyFault.Of("this is a JSON web key (JWK)", "Convert it to PEM");
    }

    private static DfuException OpenSsh(string text, KeySource source)
    {
        var kind = "";
        if (PemBlock.Of(text).FirstOrDefault() is { } block) kind = OpenSshKind(block.Content);
        return Of("an SSH private key", kind, $"Make PEM of a copy with: cp {source.Quoted} key.pem && ssh-keygen -p -N '' -m PEM -f key.pem");
    }

    /// <param name="kind">The key type as SSH calls it; empty when it is not known.</param>
    /// <param name="converts">The line that makes PEM of it; other kinds of key are of no use in any form.</param>
    private static DfuException Of(string what, string kind, string converts) => kind switch
    {
        NistP256 => KeyFault.Of($"this is {what} ({kind}), a form that is not read", converts),
        "" => KeyFault.Is(what),
        _ => KeyFault.Is($"{what} ({OneLine.Of(kind)})"),
    };

    /// <summary>The key type in the public half: <c>openssh-key-v1</c>, cipher, kdf, its options, a count, then the public key blob.</summary>
    /// <remarks>OpenSSH, PROTOCOL.key; strings are a big-endian length and bytes.</remarks>
    private static string OpenSshKind(ReadOnlySpan<byte> content)
    {
        var magic = "openssh-key-v1\0"u8;
        if (!content.StartsWith(magic)) return "";
        var rest = content[magic.Length..];
        for (var skipped = 0; skipped < 3; skipped++) rest = rest[Math.Min(rest.Length, 4 + String(rest).Length)..];
        return Encoding.ASCII.GetString(String(String(rest[Math.Min(rest.Length, 4)..])));
    }

    private static ReadOnlySpan<byte> String(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(bytes) is var length && length <= bytes.Length - 4 ? bytes.Slice(4, (int)length) : default;
}
