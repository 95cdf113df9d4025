using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;
using Dfu.Silo.Serve;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;

namespace Dfu.Cluster.Tests.Connections;

/// <summary>What is wrong with files is said before anything is touched, with the file's name.</summary>
public sealed class ClusterTlsTests : IDisposable
{
    private readonly Authorities _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void What_belongs_together_is_taken()
    {
        using var member = ClusterTls.Load(_files.North, TlsRole.Member, TimeProvider.System);
        using var program = ClusterTls.Load(_files.Client, TlsRole.Client, TimeProvider.System);
        using var memberAsProgram = ClusterTls.Load(_files.South, TlsRole.Client, TimeProvider.System);
        Assert.Equal("CN=north", member.Certificate.Subject);
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("key")]
    [InlineData("authority")]
    public void A_file_that_is_missing_or_something_else_is_named(string which)
    {
        var missing = Path.Combine(_files.Folder("right"), "missing.pem");
        Assert.StartsWith($"{missing} cannot be read: ", Refused(With(missing)), StringComparison.Ordinal);
        var other = Path.Combine(_files.Folder("right"), "other.pem");
        File.WriteAllText(other, "something else\n");
        Assert.StartsWith($"{other} holds no ", Refused(With(other)), StringComparison.Ordinal);
        var label = which == "key" ? "PRIVATE KEY" : "CERTIFICATE";
        File.WriteAllText(other, $"-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        Assert.StartsWith($"{other} holds no ", Refused(With(other)), StringComparison.Ordinal);

        TlsFiles With(string file) => which switch
        {
            "certificate" => _files.North with { Certificate = file },
            "key" => _files.North with { Key = file },
            _ => _files.North with { Authority = file },
        };
    }

    [Fact]
    public void A_key_of_another_certificate_is_said() =>
        Assert.Equal($"{_files.South.Key} is not the key of {_files.North.Certificate}", Refused(_files.North with { Key = _files.South.Key }));

    [Fact]
    public void A_certificate_of_another_authority_is_said() => Assert.Equal(
        $"{_files.StrangeMember.Certificate} is not signed by the authority in {_files.North.Authority}",
        Refused(_files.StrangeMember with { Authority = _files.North.Authority }));

    [Fact]
    public void A_certificate_that_has_expired_or_is_not_yet_in_force_is_said()
    {
        Assert.StartsWith($"{_files.OldMember.Certificate} has expired on 20", Refused(_files.OldMember), StringComparison.Ordinal);
        TrialCertificates.Make(_files.Folder("right"), ["new"], TimeProvider.System);
        var early = Refused(_files.Files("right", "new"), time: Authorities.Behind);
        Assert.Contains("new.pem is not valid before 20", early, StringComparison.Ordinal);
    }

    [Fact]
    public void A_programs_certificate_is_no_members() =>
        Assert.StartsWith($"{_files.Client.Certificate} may not be used for this", Refused(_files.Client), StringComparison.Ordinal);

    [Fact]
    public void An_encrypted_key_is_opened_with_its_passphrase_only()
    {
        var locked = Path.Combine(_files.Folder("right"), "locked-key.pem");
        using (var key = ECDsa.Create())
        {
            key.ImportFromPem(File.ReadAllText(_files.North.Key));
            var locking = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
            File.WriteAllText(locked, key.ExportEncryptedPkcs8PrivateKeyPem("geheim", locking));
        }

        var files = _files.North with { Key = locked };
        Assert.StartsWith($"{locked} is encrypted: give its passphrase in DFU_TLS_PASSPHRASE", Refused(files), StringComparison.Ordinal);
        var wrong = Refused(files with { Passphrase = "gehe1m" });
        Assert.StartsWith($"{locked} cannot be opened: the passphrase is wrong", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("gehe1m", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", (files with { Passphrase = "geheim" }).ToString(), StringComparison.Ordinal);
        using var opened = ClusterTls.Load(files with { Passphrase = "geheim" }, TlsRole.Member, TimeProvider.System);
        Assert.True(opened.Certificate.HasPrivateKey);
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(_files.South.Certificate);
        Assert.Equal(
            $"{locked} is not the key of {_files.South.Certificate}",
            Refused(files with { Certificate = _files.South.Certificate, Passphrase = "geheim" }));
    }

    [Fact]
    public void Certificates_that_end_soon_and_keys_that_everybody_reads_are_told()
    {
        var said = new List<string>();
        using var log = new LineLog(said.Add, LogLevel.Warning, TimeProvider.System);
        using var old = ClusterTls.Load(_files.OldMember, TlsRole.Member, Authorities.Behind);
        NetworkRule.Warn(_files.OldMember, old, log.Host, Authorities.Behind);
        Assert.Empty(said);
        NetworkRule.Warn(_files.OldMember, old, log.Host, TimeProvider.System);
        Assert.Contains("expires on", Assert.Single(said), StringComparison.Ordinal);
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(_files.OldMember.Key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        NetworkRule.Warn(_files.OldMember, old, log.Host, Authorities.Behind);
        Assert.Contains("every user of this machine can read", said[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", false, false, true)]
    [InlineData("127.5.0.1", false, false, true)]
    [InlineData("::1", false, false, true)]
    [InlineData("10.0.0.11", false, false, false)]
    [InlineData("fd00::1", false, false, false)]
    [InlineData("10.0.0.11", true, false, true)]
    [InlineData("10.0.0.11", false, true, true)]
    public void Where_others_could_connect_certificates_are_needed_or_a_word(string address, bool certificates, bool word, bool starts)
    {
        var refusal = Record.Exception(() => NetworkRule.Check(IPAddress.Parse(address), certificates, word));
        Assert.Equal(starts ? null : DfuError.NetworkInsecure, (refusal as DfuException)?.Error);
    }

    private static string Refused(TlsFiles files, TlsRole role = TlsRole.Member, TimeProvider? time = null)
    {
        var refusal = Assert.Throws<DfuException>(() => ClusterTls.Load(files, role, time ?? TimeProvider.System));
        Assert.Equal(DfuError.CertificateInvalid, refusal.Error);
        return refusal.Message;
    }
}
