using System.Security.Cryptography;
using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>One key in every form people have it in, and what they give instead (Data/keys/README.md).</summary>
public sealed class KeyFormsTests
{
    private const string Passphrase = "geheim";

    private static readonly string Expected = Hex(DfuKeys.ReadPublic(PathOf("sec1.pem")));

    public static TheoryData<string> PrivateKeys => new(
        "sec1.pem", "pkcs8.pem", "sec1.der", "pkcs8.der", "compressed.pem", "pkcs8_compressed.pem", "no_public.pem", "bag.pem",
        "enc_aes-128-cbc.pem", "enc_aes-192-cbc.pem", "enc_aes-256-cbc.pem", "enc_des3.pem",
        "enc_pkcs8.pem", "enc_pkcs8.der", "enc_pkcs8_des3.pem", "enc_pbe.pem");

    [Theory, MemberData(nameof(PrivateKeys))]
    public void A_private_key_is_read_in_every_form_and_signs(string file)
    {
        using var key = DfuKeys.ReadPrivate(PathOf(file), Knows(Passphrase));
        using var half = DfuKeys.ReadPublic(PathOf(file), Knows(Passphrase));

        Assert.Equal(Expected, Hex(key));
        Assert.Equal(Expected, Hex(half));
        Assert.True(half.VerifyData("x"u8, key.SignData("x"u8, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
        Assert.ThrowsAny<CryptographicException>(() => half.ExportParameters(includePrivateParameters: true));
    }

    [Theory]
    [InlineData("public.pem")]
    [InlineData("public.der")]
    [InlineData("public_compressed.pem")]
    [InlineData("public_hex.txt")]
    [InlineData("dfu_public_key.c")]
    public void A_public_key_is_read_in_every_form(string file)
    {
        using var key = DfuKeys.ReadPublic(PathOf(file));
        Assert.Equal(Expected, Hex(key));

        var refused = Assert.Throws<DfuException>(() => DfuKeys.ReadPrivate(PathOf(file)));
        Assert.Contains("this is a public key", refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> Encodings
    {
        get
        {
            var pem = File.ReadAllText(PathOf("sec1.pem"));
            var key = File.ReadAllText(PathOf("pkcs8.pem"));
            return new()
            {
                { "UTF-8 with a byte order mark", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(pem)] },
                { "UTF-16 as PowerShell writes it", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(pem.ReplaceLineEndings("\r\n"))] },
                { "UTF-16 the other way round", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(pem)] },
                { "UTF-16 without a mark", Encoding.Unicode.GetBytes(pem) },
                { "CR LF", Encoding.UTF8.GetBytes(pem.ReplaceLineEndings("\r\n")) },
                { "CR", Encoding.UTF8.GetBytes(pem.ReplaceLineEndings("\r")) },
                { "one line, as a variable in a pipeline", Encoding.UTF8.GetBytes(key.ReplaceLineEndings(" ")) },
                { "text before and after", Encoding.UTF8.GetBytes($"subject: the key of product 7\n\n{key}\n-- \nmade in May") },
                { "indented", Encoding.UTF8.GetBytes("    " + key.ReplaceLineEndings("\n    ")) },
            };
        }
    }

    [Theory, MemberData(nameof(Encodings))]
    public void How_a_text_is_written_does_not_matter(string how, byte[] content)
    {
        using var key = Read(content, DfuKeys.ReadPrivate);
        Assert.True(Hex(key) == Expected, how);
    }

    public static TheoryData<string> Texts
    {
        get
        {
            var (x, y) = (Convert.FromHexString(Expected[..64]), Convert.FromHexString(Expected[64..]));
            byte[] bigEndian = [.. x.Reverse(), .. y.Reverse()];
            var c = string.Join(", ", Convert.FromHexString(Expected).Select(b => $"0x{b:X2}"));
            return new(
                Expected,
                Expected.ToUpperInvariant() + "\r\n",
                string.Join('\n', Expected.Chunk(32).Select(chars => new string(chars))),
                string.Join(' ', x.Concat(y).Select(b => $"{b:x2}")),
                "0x" + Expected,
                c,
                Convert.ToHexString(bigEndian),
                "04" + Convert.ToHexString(bigEndian),
                string.Join(':', bigEndian.Prepend((byte)4).Select(b => $"{b:x2}")),
                $"0{2 + (y[0] & 1)}{Convert.ToHexString(bigEndian.AsSpan(0, 32))}",
                $"const uint8_t pk[64] = {{ {c} }};",
                $"static const unsigned char key[] = {{ (uint8_t){c.Replace(", ", "U, (uint8_t)", StringComparison.Ordinal)}U }};",
                $"// 0x00\nstatic uint8_t Qx[] = {{ {string.Join(',', bigEndian[..32])}, }};\n"
                    + $"static uint8_t Qy[] = {{ {string.Join(',', bigEndian[32..])} }};");
        }
    }

    [Theory, MemberData(nameof(Texts))]
    public void A_public_key_may_be_bytes_in_hexadecimal_or_in_C(string text)
    {
        using var key = Read(Encoding.UTF8.GetBytes(text), DfuKeys.ReadPublic);
        Assert.Equal(Expected, Hex(key));
    }

    [Theory]
    [InlineData("rsa.pem", "an RSA key", null)]
    [InlineData("rsa_pkcs8.pem", "an RSA key", null)]
    [InlineData("rsa.der", "an RSA key", null)]
    [InlineData("rsa_enc.pem", "an RSA key", null)]
    [InlineData("rsa_enc_pkcs8.pem", "an RSA key", null)]
    [InlineData("rsa_public.pem", "an RSA key", null)]
    [InlineData("ed25519.pem", "an Ed25519 key", null)]
    [InlineData("ed25519_public.pem", "an Ed25519 key", null)]
    [InlineData("p384.pem", "P-384 (secp384r1)", null)]
    [InlineData("p384_public.pem", "P-384 (secp384r1)", null)]
    [InlineData("secp256k1.pem", "secp256k1", null)]
    [InlineData("brainpool.pem", "brainpoolP256r1", null)]
    [InlineData("explicit.pem", "curve is written out in full", "-param_enc named_curve")]
    [InlineData("ssh_ecdsa", "an SSH private key (ecdsa-sha2-nistp256)", "ssh-keygen -p -N '' -m PEM -f key.pem")]
    [InlineData("ssh_rsa", "an SSH private key (ssh-rsa)", null)]
    [InlineData("ssh_ed25519", "an SSH private key (ssh-ed25519)", null)]
    [InlineData("ssh_ecdsa.pub", "an SSH public key (ecdsa-sha2-nistp256)", "ssh-keygen -e -m PKCS8")]
    [InlineData("ssh_rsa.pub", "an SSH public key (ssh-rsa)", null)]
    [InlineData("ssh_rfc4716.pub", "an SSH public key (RFC 4716)", "ssh-keygen -i -m RFC4716")]
    [InlineData("cert.pem", "a certificate, not a key", "openssl x509")]
    [InlineData("request.pem", "a certificate request, not a key", "openssl req")]
    [InlineData("store.p12", "a PKCS 12 key store", "openssl pkcs12")]
    [InlineData("store.jks", "a Java key store", "keytool -importkeystore")]
    [InlineData("enc_scrypt.pem", "encrypted in a way that is not read here (scrypt)", "openssl pkey -in")]
    public void What_is_no_such_key_is_named_with_the_line_that_converts_it(string file, string what, string? remedy)
    {
        foreach (var read in new Func<string, PassphraseSource?, ECDsa>[] { DfuKeys.ReadPrivate, DfuKeys.ReadPublic })
        {
            var refused = Assert.Throws<DfuException>(() => read(PathOf(file), Knows(Passphrase)));
            Assert.Equal(DfuError.KeyInvalid, refused.Error);
            Assert.Contains(what, refused.Message, StringComparison.Ordinal);
            if (remedy is null) Assert.Null(refused.Remedy);
            else Assert.Contains(remedy, refused.Remedy, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "this is an empty file")]
    [InlineData("PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: none\n", "a PuTTY key (ecdsa-sha2-nistp256)")]
    [InlineData("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n-----END PGP PUBLIC KEY BLOCK-----\n", "an OpenPGP file")]
    [InlineData("{\"kty\":\"EC\",\"crv\":\"P-256\"}", "a JSON web key")]
    [InlineData("<!DOCTYPE html><html></html>", "a web page")]
    [InlineData("PK\u0003\u0004zip", "a zip archive")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 227\n", "a Git LFS pointer")]
    [InlineData(":020000040000FA\n:00000001FF\n", "Intel HEX")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIOR+", "cut short")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\n####\n-----END EC PRIVATE KEY-----", "is damaged")]
    [InlineData("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----", "is empty")]
    [InlineData("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", "the curve of a key, but no key")]
    [InlineData("e47eaa27b39add13d6bd1d8d1d598ffb3cd479cc8f92eb07b5e047d1bd2d1117", "32 bytes in hexadecimal")]
    [InlineData("const uint8_t pk[64] = { 0x00, 0x01 };", "these are 2 bytes")]
    [InlineData("const uint8_t pk[64] = { 0x100 };", "'0x100' in its array is no byte")]
    [InlineData("geheim", "neither PEM nor DER")]
    public void What_makes_no_sense_says_why(string text, string why)
    {
        var refused = Assert.Throws<DfuException>(() => Read(Encoding.UTF8.GetBytes(text), DfuKeys.ReadPublic));
        Assert.Equal(DfuError.KeyInvalid, refused.Error);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_keys_in_a_file_are_not_chosen_between()
    {
        var both = File.ReadAllBytes(PathOf("pkcs8.pem")).Concat(File.ReadAllBytes(PathOf("public.pem"))).ToArray();
        Assert.Contains("it holds 2 keys", Assert.Throws<DfuException>(() => Read(both, DfuKeys.ReadPrivate)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("enc_aes-256-cbc.pem")]
    [InlineData("enc_des3.pem")]
    [InlineData("enc_pkcs8.pem")]
    [InlineData("enc_pkcs8.der")]
    [InlineData("enc_pbe.pem")]
    public void A_wrong_passphrase_is_told_and_never_shown(string file)
    {
        var refused = Assert.Throws<DfuException>(() => DfuKeys.ReadPrivate(PathOf(file), Knows("not this one")));
        Assert.Contains("the passphrase does not fit", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not this one", refused + refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_passphrase_the_variable_and_the_line_that_decrypts_are_named()
    {
        var refused = Assert.Throws<DfuException>(() => DfuKeys.ReadPrivate(PathOf("enc_pkcs8.pem")));
        Assert.Contains("encrypted", refused.Message, StringComparison.Ordinal);
        Assert.Contains("DFU_KEY_PASSPHRASE", refused.Remedy, StringComparison.Ordinal);
        Assert.Contains($"openssl pkey -in '{PathOf("enc_pkcs8.pem")}' -out plain.pem", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_passphrase_is_wiped_when_it_was_used()
    {
        var given = Passphrase.ToCharArray();
        DfuKeys.ReadPrivate(PathOf("enc_pkcs8.pem"), _ => given).Dispose();
        Assert.All(given, character => Assert.Equal('\0', character));
    }

    [Fact]
    public void A_folder_and_a_missing_file_are_said_to_be_that()
    {
        Assert.Contains("is a folder", Assert.Throws<DfuException>(() => DfuKeys.ReadPrivate(AppContext.BaseDirectory)).Message, StringComparison.Ordinal);
        var missing = Assert.Throws<DfuException>(() => DfuKeys.ReadPublic(PathOf("none.pem")));
        Assert.Contains("does not exist", missing.Message, StringComparison.Ordinal);
        Assert.Contains("Check the path", missing.Remedy, StringComparison.Ordinal);
    }

    private static PassphraseSource Knows(string passphrase) => _ => passphrase.ToCharArray();

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Data", "keys", file);

    private static string Hex(ECDsa key) => DfuKeys.PublicHex(key);

    private static ECDsa Read(byte[] content, Func<string, PassphraseSource?, ECDsa> read)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, content);
            return read(path, null);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
