using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dfu.Server.Hosting;

namespace Dfu.Server.Tests.Security;

/// <summary>A certificate for this machine, as files.</summary>
internal sealed class TestCertificate
{
    private readonly string _folder;

    public TestCertificate(string folder)
    {
        _folder = folder;
        Renew();
    }

    public WebCertificateFiles Files => new(Path.Combine(_folder, "web.pem"), Path.Combine(_folder, "web.key"));

    public string Thumbprint { get; private set; } = "";

    /// <summary>As a tool that renews certificates does it: other files in the place of those that were there.</summary>
    public void Renew()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=station", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        File.WriteAllText(Files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Files.Key, key.ExportPkcs8PrivateKeyPem());
        Thumbprint = certificate.Thumbprint;
    }
}
