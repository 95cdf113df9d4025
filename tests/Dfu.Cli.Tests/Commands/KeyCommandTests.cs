using System.Security.Cryptography;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Tests.Commands;

public sealed class KeyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-keys-").FullName;
    private readonly ECDsa _key = DfuKeys.Generate();

    public KeyCommandTests()
    {
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        File.WriteAllText(PathOf("locked.pem"), _key.ExportEncryptedPkcs8PrivateKeyPem("geheim", encryption));
        File.WriteAllText(PathOf("public.pem"), DfuKeys.PublicPem(_key));
        File.WriteAllText(PathOf("public.hex"), DfuKeys.PublicHex(_key));
        File.WriteAllText(PathOf("dfu_public_key.c"), DfuKeys.PublicCode(_key));
        File.WriteAllBytes(PathOf("app.bin"), new byte[4]);
        File.WriteAllText(PathOf("empty.pem"), "");
    }

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_encrypted_key_is_asked_its_passphrase_for()
    {
        var asked = "";
        var shown = await Played.RunAsync(
            path =>
            {
                asked = path;
                return "geheim".ToCharArray();
            },
            "keys", "show", PathOf("locked.pem"), "--format", "hex");
        Assert.Equal((ExitCode.Succeeded, DfuKeys.PublicHex(_key) + "\n", PathOf("locked.pem")), (shown.Code, shown.Output, asked));
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_the_variable_is_named()
    {
        var refused = await Played.RunAsync("keys", "show", PathOf("locked.pem"));
        Assert.Equal(ExitCode.Invalid, refused.Code);
        Assert.Equal(
            $"dfu: '{PathOf("locked.pem")}': the private key is encrypted, and its passphrase is not known - Set DFU_KEY_PASSPHRASE, run this on a "
            + $"terminal, or decrypt the key with: openssl pkey -in '{PathOf("locked.pem")}' -out plain.pem (keyInvalid)",
            Assert.Single(refused.Error));
    }

    [Fact]
    public void The_environment_answers_first()
    {
        var typed = new StringWriter();
        Environment.SetEnvironmentVariable(DfuKeys.PassphraseVariable, "geheim");
        try
        {
            Assert.Equal("geheim", new string(new PassphrasePrompt(typed).Ask("k.pem")));
            Assert.Empty(typed.ToString());
        }
        finally
        {
            Environment.SetEnvironmentVariable(DfuKeys.PassphraseVariable, null);
        }
    }

    [Theory]
    [InlineData("public.pem")]
    [InlineData("public.hex")]
    [InlineData("dfu_public_key.c")]
    [InlineData("locked.pem")]
    public async Task Every_form_checks_a_package(string file)
    {
        var package = PackageWriter.Create(
            new()
            {
                Application = new("app", new byte[64]),
                ApplicationVersion = 1,
                HwVersion = 52,
                SdReq = [0x100],
                ApplicationBootValidation = BootValidationKind.EcdsaP256Sha256,
            },
            _key);
        File.WriteAllBytes(PathOf("app.zip"), package);
        var shown = await Played.RunAsync(_ => "geheim".ToCharArray(), "package", "show", PathOf("app.zip"), "--public-key", PathOf(file));
        Assert.Equal(ExitCode.Succeeded, shown.Code);
        Assert.Contains("boot validation  ECDSA P-256 with SHA-256 ✓ fits the key", shown.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public.pem", "this is a public key, and a private one is needed")]
    [InlineData("empty.pem", "this is an empty file")]
    [InlineData("", "is a folder")]
    [InlineData("none.pem", "does not exist")]
    [InlineData("app.bin", "this is a file of zeros only")]
    public async Task What_cannot_sign_is_said(string file, string why)
    {
        var refused = await Played.RunAsync(
            "package", "create", "--application", PathOf("app.bin"), "--application-version", "1", "--hw-version", "52", "--sd-req", "0x100",
            "--key", PathOf(file), "-o", PathOf("out.zip"));
        Assert.Equal(ExitCode.Invalid, refused.Code);
        var line = Assert.Single(refused.Error);
        Assert.Contains(why, line, StringComparison.Ordinal);
        Assert.EndsWith("(keyInvalid)", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--hw-version 4294967296", "--hw-version: '4294967296' is above 4294967295")]
    [InlineData("--hw-version -1", "--hw-version: '-1' is below 0")]
    [InlineData("--application-version 1.2.100", "--application-version: '1.2.100': 100 is above 99, the most that")]
    [InlineData("--bootloader-version v2", "--bootloader-version: 'v2' is not a version such as 1.2.3")]
    [InlineData("--sd-req 0x100,65536", "--sd-req: '65536' is above 65535")]
    [InlineData("--sd-id ,", "--sd-id: ',' is not an id such as 0x0100")]
    [InlineData("--app-boot-validation md5", "--app-boot-validation: 'md5' is not one of crc, sha256, ecdsa, none")]
    public async Task A_number_that_is_wrong_is_told_by_its_option(string options, string start)
    {
        string[] needed = ["--hw-version", "--sd-req", "--output"];
        var others = needed.Where(option => !options.StartsWith(option, StringComparison.Ordinal)).SelectMany(option => new[] { option, "1" });
        var refused = await Played.RunAsync(["package", "create", .. others, .. options.Split(' ')]);
        Assert.Equal(ExitCode.Invalid, refused.Code);
        Assert.StartsWith("dfu: " + start, Assert.Single(refused.Error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sd-boot-validation crc", "--sd-boot-validation has no effect without --softdevice")]
    [InlineData("--boot-validation false --app-boot-validation sha256", "--app-boot-validation has no effect without --boot-validation true")]
    [InlineData("--app-boot-validation ecdsa", "boot validation of the kind ecdsa needs a private key to sign with - Give it with --key (invalidArgument)")]
    public async Task Boot_validation_that_cannot_be_is_refused(string options, string why)
    {
        var refused = await Played.RunAsync(
            ["package", "create", "--application", PathOf("app.bin"), "--application-version", "1", "--hw-version", "0x34", "--sd-req", "0x100",
             "-o", PathOf("out.zip"), .. options.Split(' ')]);
        Assert.Equal(ExitCode.Invalid, refused.Code);
        Assert.Contains(why, Assert.Single(refused.Error), StringComparison.Ordinal);
    }

    private string PathOf(string file) => Path.Combine(_folder, file);
}
