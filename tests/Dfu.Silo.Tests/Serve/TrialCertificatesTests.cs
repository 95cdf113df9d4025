using System.Security.Cryptography.X509Certificates;
using Dfu.Protocol.Errors;
using Dfu.Silo.Serve;
using Dfu.Silo.Tests.Storage;

namespace Dfu.Silo.Tests.Serve;

public sealed class TrialCertificatesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Folder => _directory.File("certificates");

    [Fact]
    public void Every_host_gets_two_files_and_private_ones_are_private()
    {
        var made = Make("north", "10.0.0.12", "fd00::2");
        string[] expected = ["10.0.0.12", "ca", "client", "fd00--2", "north"];
        Assert.Equal(expected.SelectMany(static name => new[] { $"{name}-key.pem", $"{name}.pem" }).Order(), made.Select(Path.GetFileName).Order());
        if (OperatingSystem.IsWindows()) return;
        foreach (var file in made.Where(static file => file.EndsWith("-key.pem", StringComparison.Ordinal)))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
    }

    [Fact]
    public void A_host_that_comes_later_is_signed_for_by_the_authority_that_is_there()
    {
        Make("north");
        var authority = File.ReadAllText(Path.Combine(Folder, "ca.pem"));
        Assert.Equal(["south.pem", "south-key.pem"], Make("south").Select(Path.GetFileName));
        Assert.Equal(authority, File.ReadAllText(Path.Combine(Folder, "ca.pem")));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(authority);
        using var south = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(Folder, "south.pem"));
        Assert.True(chain.Build(south));
    }

    [Fact]
    public void Nothing_is_overwritten_and_a_refusal_leaves_nothing_behind()
    {
        Make("north");
        var before = Directory.GetFiles(Folder).ToDictionary(static file => file, File.ReadAllText);
        var refusal = Assert.Throws<DfuException>(() => Make("south", "north"));
        Assert.Equal(DfuError.InvalidArgument, refusal.Error);
        Assert.Contains("north.pem exists already", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(Folder).ToDictionary(static file => file, File.ReadAllText));

        File.Delete(Path.Combine(Folder, "ca-key.pem"));
        Assert.Equal(DfuError.CertificateInvalid, Assert.Throws<DfuException>(() => Make("south")).Error);
        Assert.Equal(before.Count - 1, Directory.GetFiles(Folder).Length);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("-rf")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ca")]
    [InlineData("client")]
    [InlineData("twice", "twice")]
    [InlineData("ca-key")]
    [InlineData("north", "north-key")]
    public void A_name_that_cannot_be_one_is_refused(params string[] hosts)
    {
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => Make(hosts)).Error);
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public void The_authority_may_be_kept_apart_from_what_is_handed_out()
    {
        var apart = _directory.File("authority");
        var made = TrialCertificates.Make(Folder, ["north"], TimeProvider.System, apart);
        Assert.Equal(["ca-key.pem", "ca.pem"], Directory.GetFiles(apart).Select(Path.GetFileName).Order());
        Assert.Equal(["ca.pem", "client-key.pem", "client.pem", "north-key.pem", "north.pem"], Directory.GetFiles(Folder).Select(Path.GetFileName).Order());
        Assert.Equal(7, made.Count);
        Assert.Equal(File.ReadAllText(Path.Combine(apart, "ca.pem")), File.ReadAllText(Path.Combine(Folder, "ca.pem")));
        Assert.Equal(["south.pem", "south-key.pem"], TrialCertificates.Make(Folder, ["south"], TimeProvider.System, apart).Select(Path.GetFileName));

        var refusal = Assert.Throws<DfuException>(() => TrialCertificates.Make(Folder, ["east"], TimeProvider.System, _directory.File("another")));
        Assert.EndsWith("give a folder of its own", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("another")));
    }

    private IReadOnlyList<string> Make(params string[] hosts) => TrialCertificates.Make(Folder, hosts, TimeProvider.System);
}
