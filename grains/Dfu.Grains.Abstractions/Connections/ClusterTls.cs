using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dfu.Protocol.Errors;

namespace Dfu.Grains.Connections;

/// <summary>A member's or a program's certificate, and what others' must be: signed by the cluster's own authority, for their role, and in force.</summary>
/// <remarks>
/// Names in certificates are not compared with addresses, which change: whoever has a certificate of the authority belongs to the cluster, so
/// the authority must sign for nobody else.
/// </remarks>
public sealed class ClusterTls : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly TimeProvider _time;
    private readonly TlsFiles _files;
    private readonly X509Certificate2Collection _authorities;

    private ClusterTls(TlsFiles files, X509Certificate2 certificate, X509Certificate2Collection authorities, TimeProvider time) =>
        (_files, Certificate, _authorities, _time) = (files, certificate, authorities, time);

    public X509Certificate2 Certificate { get; }

    /// <summary>From then on nobody accepts <see cref="Certificate"/>.</summary>
    public DateTimeOffset EndsAt => new(Certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);

    /// <summary>Reads the files and checks that they belong together and are in force.</summary>
    /// <exception cref="DfuException">CertificateInvalid, naming the file and what to do.</exception>
    public static ClusterTls Load(TlsFiles files, TlsRole role, TimeProvider time)
    {
        var authorities = Authorities(files.Authority);
        var tls = new ClusterTls(files, PemCertificate.Load(files.Certificate, files.Key, files.Passphrase), authorities, time);
        using var chain = new X509Chain { ChainPolicy = tls.Policy(Uses(role)) };
        if (chain.Build(tls.Certificate)) return tls;
        var flaw = tls.FlawOf(tls.Certificate, chain);
        tls.Dispose();
        throw PemCertificate.Invalid(files.Certificate, flaw);
    }

    /// <summary>What somebody's certificate must be to pass.</summary>
    /// <param name="roles">As which it must be accepted.</param>
    internal X509ChainPolicy PolicyFor(TlsRole roles) => Policy(Uses(roles));

    /// <summary>Why a certificate did not pass, as the end of a sentence that begins with it.</summary>
    internal string FlawOf(X509Certificate2 certificate, X509Chain chain)
    {
        var flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status);
        var now = _time.GetUtcNow().UtcDateTime;
        if ((flags & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != 0)
            return $"is not signed by the authority in {_files.Authority}";
        if ((flags & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            foreach (var link in chain.ChainElements.Select(static element => element.Certificate))
            {
                var who = link.Equals(certificate) ? "" : $"was signed by '{NameOf(link)}', which ";
                if (link.NotAfter.ToUniversalTime() < now) return $"{who}has expired on {Day(link.NotAfter)}";
                if (link.NotBefore.ToUniversalTime() > now) return $"{who}is not valid before {Day(link.NotBefore)}; is the clock right?";
            }
        }

        if ((flags & X509ChainStatusFlags.NotValidForUsage) != 0)
            return "may not be used for this by its extended key usage: a member's needs serverAuth and clientAuth, a program's clientAuth";
        return "is not accepted: " + string.Join("; ", chain.ChainStatus.Select(static status => status.StatusInformation.Trim()));
    }

    /// <summary>For people.</summary>
    internal static string NameOf(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name
        ? string.Concat(name.Where(static character => !char.IsControl(character)).Take(80))
        : certificate.Thumbprint;

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var authority in _authorities) authority.Dispose();
    }

    private static string[] Uses(TlsRole role) => role == TlsRole.Member ? [ServerUse, ClientUse] : [ClientUse];

    private X509ChainPolicy Policy(params string[] uses)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = _time.GetUtcNow().LocalDateTime,
        };
        foreach (var authority in _authorities)
        {
            var isRoot = authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData);
            (isRoot ? policy.CustomTrustStore : policy.ExtraStore).Add(authority);
        }

        foreach (var use in uses) policy.ApplicationPolicy.Add(new Oid(use));
        return policy;
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(PemCertificate.Read(file));
        }
        catch (CryptographicException e)
        {
            throw PemCertificate.Invalid(file, $"holds no certificates in PEM form: {e.Message}", e);
        }

        if (found.Count == 0) throw PemCertificate.Invalid(file, "holds no certificate in PEM form");
        if (!found.Any(static one => one.SubjectName.RawData.AsSpan().SequenceEqual(one.IssuerName.RawData)))
            throw PemCertificate.Invalid(file, "holds no authority that has signed itself, where every chain of certificates must end");
        return found;
    }

    private static string Day(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
