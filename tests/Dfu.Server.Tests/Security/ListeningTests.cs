using System.Net;
using Dfu.Protocol.Errors;
using Dfu.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dfu.Server.Tests.Security;

public sealed class ListeningTests : IDisposable
{
    private static readonly WebCertificateFiles Some = new("web.pem", "web.key");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dfu-listening-");

    public void Dispose() => _folder.Delete(true);

    [Theory]
    [InlineData("http://127.0.0.1:5280", false, false, null)]
    [InlineData("http://[::1]:5280", false, false, null)]
    [InlineData("http://localhost:5280", false, false, null)]
    [InlineData("http://0.0.0.0:5280", false, false, DfuError.NetworkInsecure)]
    [InlineData("http://[::]:5280", true, false, DfuError.NetworkInsecure)]
    [InlineData("http://10.0.0.7:5280", true, false, DfuError.NetworkInsecure)]
    [InlineData("http://station-3:5280", false, false, DfuError.NetworkInsecure)]
    [InlineData("http://0.0.0.0:5280", false, true, null)]
    [InlineData("https://0.0.0.0:5280", false, false, DfuError.InvalidArgument)]
    [InlineData("https://127.0.0.1:5280", false, true, DfuError.InvalidArgument)]
    [InlineData("https://0.0.0.0:5280", true, false, null)]
    public void Others_are_let_near_only_with_tls_or_a_proxy_that_does_it(string url, bool certificate, bool proxy, DfuError? error)
    {
        var settings = new WebSettings { Urls = [new("http://127.0.0.1:1"), new(url)], BehindProxy = proxy };
        var refused = Record.Exception(() => Listening.Check(settings, certificate ? Some : null)) as DfuException;
        Assert.Equal(error, refused?.Error);
        if (refused is null) return;
        Assert.Contains(url, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--web-certificate", refused.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://0.0.0.0:5280", true)]
    [InlineData("https://[::]:5280", true)]
    [InlineData("http://0.0.0.0:5280", false)]
    [InlineData("https://10.0.0.7:5280", false)]
    public void The_name_that_it_is_shown_by_is_its_own_where_only_its_certificate_has_it(string url, bool named)
    {
        var settings = new WebSettings { Urls = [new(url)] };
        Assert.Equal(named ? [Dns.GetHostName()] : [], Listening.ShownNames(settings));
        if (named) Assert.Equal(Dns.GetHostName(), Listening.Shown(new(url)).Host, ignoreCase: true);
    }

    [Fact]
    public void A_renewed_certificate_is_used_within_a_minute_and_a_damaged_one_is_not()
    {
        var time = new HandTime();
        var files = new TestCertificate(_folder.FullName);
        var web = new WebCertificate(files.Files, time, NullLogger<WebCertificate>.Instance);
        var first = files.Thumbprint;
        Assert.Equal(first, web.Current().TargetCertificate.Thumbprint);

        files.Renew();
        File.SetLastWriteTimeUtc(files.Files.Certificate, DateTime.UnixEpoch.AddYears(60));
        Assert.Equal(first, web.Current().TargetCertificate.Thumbprint);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(files.Thumbprint, web.Current().TargetCertificate.Thumbprint);

        File.WriteAllText(files.Files.Key, "half of a k");
        File.SetLastWriteTimeUtc(files.Files.Key, DateTime.UnixEpoch.AddYears(61));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(files.Thumbprint, web.Current().TargetCertificate.Thumbprint);

        files.Renew();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(files.Thumbprint, web.Current().TargetCertificate.Thumbprint);
    }
}
