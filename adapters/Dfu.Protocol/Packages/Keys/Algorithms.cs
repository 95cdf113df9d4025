using System.Formats.Asn1;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>The names of what a key can be besides one on P-256, by object identifier.</summary>
internal static class Algorithms
{
    public const string EllipticCurve = "1.2.840.10045.2.1";

    private static readonly Dictionary<string, string> Keys = new()
    {
        ["1.2.840.113549.1.1.1"] = "an RSA key",
        ["1.2.840.113549.1.1.10"] = "an RSA-PSS key",
        ["1.2.840.10040.4.1"] = "a DSA key",
        ["1.2.840.113549.1.3.1"] = "a Diffie-Hellman key",
        ["1.3.101.110"] = "an X25519 key",
        ["1.3.101.111"] = "an X448 key",
        ["1.3.101.112"] = "an Ed25519 key",
        ["1.3.101.113"] = "an Ed448 key",
    };

    private static readonly Dictionary<string, string> Curves = new()
    {
        ["1.2.840.10045.3.1.1"] = "P-192 (prime192v1)",
        ["1.3.132.0.33"] = "P-224 (secp224r1)",
        ["1.3.132.0.34"] = "P-384 (secp384r1)",
        ["1.3.132.0.35"] = "P-521 (secp521r1)",
        ["1.3.132.0.10"] = "secp256k1",
        ["1.3.36.3.3.2.8.1.1.7"] = "brainpoolP256r1",
        ["1.3.36.3.3.2.8.1.1.8"] = "brainpoolP256t1",
        ["1.3.36.3.3.2.8.1.1.11"] = "brainpoolP384r1",
        ["1.3.36.3.3.2.8.1.1.13"] = "brainpoolP512r1",
        ["1.2.156.10197.1.301"] = "SM2",
    };

    /// <summary>Passes over an AlgorithmIdentifier of an EC key on P-256; every other one is named.</summary>
    public static void RequireP256(AsnReader identifier, KeySource source)
    {
        var oid = identifier.ReadObjectIdentifier();
        if (oid != EllipticCurve) throw KeyFault.Is(Keys.GetValueOrDefault(oid) ?? $"a key of the kind {oid}");
        RequireP256Curve(identifier, source);
    }

    /// <summary>Passes over the parameters of an EC key.</summary>
    public static void RequireP256Curve(AsnReader parameters, KeySource source)
    {
        if (!parameters.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier))
        {
            throw KeyFault.Of(
                "its curve is written out in full instead of by name",
                $"Name it with: openssl ec -in {source.Quoted} -param_enc named_curve -out key.pem (with -pubin -pubout for a public key)");
        }

        var oid = parameters.ReadObjectIdentifier();
        if (oid != P256.Oid) throw KeyFault.Is($"a key on the curve {Curves.GetValueOrDefault(oid) ?? oid}");
    }
}
