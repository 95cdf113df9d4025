using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

public class DfuKeysTests
{
    private static readonly byte[] Message = [1, 2, 3];

    [Fact]
    public void A_generated_key_survives_its_PEM_form()
    {
        using var key = DfuKeys.Generate();
        using var read = DfuKeys.ParsePrivate(DfuKeys.PrivatePem(key));
        using var publicKey = DfuKeys.ParsePublic(DfuKeys.PublicPem(key));

        Assert.StartsWith("-----BEGIN EC PRIVATE KEY-----\n", DfuKeys.PrivatePem(key), StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----\n", DfuKeys.PublicPem(key), StringComparison.Ordinal);
        Assert.True(publicKey.VerifyData(Message, read.SignData(Message, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
    }

    [Fact]
    public void Reads_PKCS8_and_takes_the_public_half_of_a_private_key()
    {
        using var key = DfuKeys.Generate();
        using var read = DfuKeys.ParsePrivate(key.ExportPkcs8PrivateKeyPem());
        using var half = DfuKeys.ParsePublic(DfuKeys.PrivatePem(key));

        Assert.Equal(DfuKeys.PublicHex(key), DfuKeys.PublicHex(read));
        Assert.Equal(DfuKeys.PublicHex(key), DfuKeys.PublicHex(half));
        Assert.ThrowsAny<CryptographicException>(() => half.ExportParameters(includePrivateParameters: true));
    }

    [Fact]
    public void Shows_the_public_key_least_significant_byte_first()
    {
        var point = Samples.PublicKey.ExportParameters(includePrivateParameters: false).Q;
        byte[] expected = [.. point.X!.Reverse(), .. point.Y!.Reverse()];

        var code = DfuKeys.PublicCode(Samples.PublicKey);
        var array = Regex.Matches(code, "0x([0-9a-f]{2})").Select(
            match => byte.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        Assert.Equal(Convert.ToHexStringLower(expected), DfuKeys.PublicHex(Samples.PublicKey));
        Assert.Equal(expected, array);
        Assert.Contains("pk[64]", code, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Wrong
    {
        get
        {
            using var p256 = DfuKeys.Generate();
            using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
            using var rsa = RSA.Create(1024);
            return new()
            {
                { "nothing", "" },
                { "text", "secret" },
                { "empty PEM", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----" },
                { "another curve", p384.ExportECPrivateKeyPem() },
                { "another algorithm", rsa.ExportRSAPrivateKeyPem() },
                { "RSA in PKCS 8", rsa.ExportPkcs8PrivateKeyPem() },
                { "two keys", DfuKeys.PrivatePem(p256) + DfuKeys.PrivatePem(p256) },
                {
                    "encrypted",
                    p256.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1))
                },
                { "cut short", DfuKeys.PrivatePem(p256)[..100] },
            };
        }
    }

    [Theory, MemberData(nameof(Wrong))]
    public void Refuses_what_is_no_P256_key(string why, string pem)
    {
        Assert.True(DfuError.KeyInvalid == Assert.Throws<DfuException>(() => DfuKeys.ParsePrivate(pem)).Error, why);
        Assert.True(DfuError.KeyInvalid == Assert.Throws<DfuException>(() => DfuKeys.ParsePublic(pem)).Error, why);
    }

    [Fact]
    public void Refuses_to_sign_with_a_public_key_and_names_a_missing_file()
    {
        Assert.Equal(DfuError.KeyInvalid, Assert.Throws<DfuException>(() => DfuKeys.ReadPrivate(Samples.PathOf("public-key.pem"))).Error);
        Assert.Contains("none.pem", Assert.Throws<DfuException>(() => DfuKeys.ReadPublic("none.pem")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_a_private_key_for_its_owner_only_and_never_over_another_file()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-keys-").FullName;
        var path = Path.Combine(folder, "private.pem");
        using var key = DfuKeys.Generate();
        using var other = DfuKeys.Generate();
        try
        {
            DfuKeys.WritePrivate(path, key);

            Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => DfuKeys.WritePrivate(path, other)).Error);
            Assert.Equal(DfuError.OutputNotWritten, Assert.Throws<DfuException>(() => DfuKeys.WritePrivate(Path.Combine(path, "below-a-file"), other)).Error);
            using var read = DfuKeys.ReadPrivate(path);
            Assert.Equal(DfuKeys.PublicHex(key), DfuKeys.PublicHex(read));
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
