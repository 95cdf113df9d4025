using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>Reads a key from its DER bytes, whatever label they came under; what is no key on P-256 is named.</summary>
/// <remarks>ECPrivateKey: RFC 5915; PrivateKeyInfo and EncryptedPrivateKeyInfo: RFC 5958; SubjectPublicKeyInfo: RFC 5280, 4.1.</remarks>
internal static class DerKey
{
    private static readonly Asn1Tag Parameters = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag PublicKey = new(TagClass.ContextSpecific, 1, isConstructed: true);

    public static ECParameters Read(ReadOnlyMemory<byte> der, KeySource source)
    {
        try
        {
            var members = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
            var first = members.PeekTag();
            if (first.HasSameClassAndValue(Asn1Tag.Integer)) return Numbered(members, source);
            if (!first.HasSameClassAndValue(Asn1Tag.Sequence)) throw KeyFault.Is("something else than a key");
            var head = members.ReadSequence();
            if (!head.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier)) throw Signed(head, source);
            return members.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)
                ? ReadAndWipe(EncryptedKey.Decrypt(der, head, members.ReadOctetString(), source), source)
                : Public(head, members, source);
        }
        catch (AsnContentException e)
        {
            throw KeyFault.Of("its bytes make no key: they are damaged or cut short", "Copy the file again", e);
        }
    }

    /// <param name="der">A key without its encryption, wiped here.</param>
    public static ECParameters ReadAndWipe(byte[] der, KeySource source)
    {
        try
        {
            return Read(der, source);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    /// <summary>Whether the file can be DER: one SEQUENCE from its first byte to its last.</summary>
    public static bool Fits(ReadOnlySpan<byte> content) =>
        content is [0x30, ..]
        && (content[1..] is [0x80, ..]
            || (AsnDecoder.TryReadEncodedValue(content, AsnEncodingRules.BER, out _, out _, out _, out var consumed) && consumed == content.Length));

    private static ECParameters Numbered(AsnReader members, KeySource source)
    {
        var version = members.ReadInteger();
        if (!members.HasData) throw KeyFault.Is("something else than a key");
        var second = members.PeekTag();
        if (second.HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)) return Sec1(members, source);
        if (second.HasSameClassAndValue(Asn1Tag.Integer)) throw Integers(members);
        if (version == 3) throw OtherFiles.Pkcs12(source);
        Algorithms.RequireP256(members.ReadSequence(), source);
        var inner = new AsnReader(members.ReadOctetString(), AsnEncodingRules.BER).ReadSequence();
        inner.ReadInteger();
        return Sec1(inner, source, named: true);
    }

    /// <param name="named">The curve was named before, in the envelope.</param>
    private static ECParameters Sec1(AsnReader members, KeySource source, bool named = false)
    {
        var secret = members.ReadOctetString();
        var point = default(ECPoint);
        while (members.HasData)
        {
            var tag = members.PeekTag();
            if (tag.HasSameClassAndValue(Parameters))
            {
                Algorithms.RequireP256Curve(members.ReadSequence(Parameters), source);
                named = true;
            }
            else if (tag.HasSameClassAndValue(PublicKey) && named)
            {
                point = P256.Decode(members.ReadSequence(PublicKey).ReadBitString(out _));
            }
            else
            {
                members.ReadEncodedValue();
            }
        }

        if (!named) throw KeyFault.Of("it does not name its curve", "Make a new key with 'dfu keys generate FILE', or convert this one where it was made");
        try
        {
            return new() { Curve = ECCurve.NamedCurves.nistP256, D = Fixed(secret), Q = point };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static ECParameters Public(AsnReader algorithm, AsnReader members, KeySource source)
    {
        Algorithms.RequireP256(algorithm, source);
        return new() { Curve = ECCurve.NamedCurves.nistP256, Q = P256.Decode(members.ReadBitString(out _)) };
    }

    /// <summary>A secret number of 32 bytes, whatever zeros its writer added or left out.</summary>
    private static byte[] Fixed(ReadOnlySpan<byte> number)
    {
        var digits = number.TrimStart((byte)0);
        if (digits.Length is 0 or > P256.Bytes) throw KeyFault.Of("its private half is no number of 32 bytes");
        return [.. new byte[P256.Bytes - digits.Length], .. digits];
    }

    private static Errors.DfuException Integers(AsnReader members)
    {
        var count = 1;
        while (members.HasData)
        {
            members.ReadEncodedValue();
            count++;
        }

        return KeyFault.Is(count == 6 ? "a DSA key" : "an RSA key");
    }

    /// <summary>What begins with a SEQUENCE that is no algorithm: a certificate or a request for one.</summary>
    private static Errors.DfuException Signed(AsnReader content, KeySource source)
    {
        var isRequest = content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer) && content.ReadInteger() == 0
            && content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) && content.ReadSequence() is { HasData: true } name
            && name.PeekTag().HasSameClassAndValue(Asn1Tag.SetOf);
        return isRequest ? OtherFiles.Request(source) : OtherFiles.Certificate(source);
    }
}
