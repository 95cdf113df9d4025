using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Serve;

/// <summary>
/// Certificates to try a cluster with: an authority of its own, one certificate for each host, and one for programs. Made again with more hosts, the
/// authority that is there signs for them. Nothing that exists is overwritten.
/// </summary>
public static class TrialCertificates
{
    public const string AuthorityFile = "ca.pem";
    public const string AuthorityKeyFile = "ca-key.pem";
    public const string ClientName = "client";

    private const int AuthorityYears = 10;
    private const int Years = 2;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    /// <param name="authorityFolder">Where the authority and its key are; null is the folder of the others. Its certificate is copied to them.</param>
    /// <returns>The files that were made.</returns>
    /// <exception cref="DfuException">InvalidArgument, also when a file is there; CertificateInvalid: the authority that is; OutputNotWritten.</exception>
    public static IReadOnlyList<string> Make(string folder, IReadOnlyList<string> hosts, TimeProvider time, string? authorityFolder = null)
    {
        var home = authorityFolder ?? folder;
        if (hosts.FirstOrDefault(static host => !IsHost(host)) is { } strange)
            throw new DfuException(DfuError.InvalidArgument, $"'{strange}' is not a host's name or address");
        var authorityThere = File.Exists(Path.Combine(home, AuthorityFile));
        var clientThere = File.Exists(Path.Combine(folder, ClientName + ".pem"));
        string[] names = [.. hosts.Select(FileOf), .. authorityThere && clientThere ? (string[])[] : [ClientName]];
        string[] wanted =
        [
            .. (authorityThere ? (string[])[] : [AuthorityFile, AuthorityKeyFile]).Select(file => Path.Combine(home, file)),
            .. names.SelectMany(name => new[] { Path.Combine(folder, name + ".pem"), Path.Combine(folder, name + "-key.pem") }),
        ];
        if (hosts.Any(static host => FileOf(host) is ClientName or "ca") || wanted.Distinct().Count() < wanted.Length)
            throw new DfuException(DfuError.InvalidArgument, "each host needs files of its own: give each once, and none that is called ca or client");
        var (copy, own) = (Path.Combine(folder, AuthorityFile), Path.Combine(home, AuthorityFile));
        if (authorityFolder is not null && File.Exists(copy) && !(authorityThere && File.ReadAllText(copy) == File.ReadAllText(own)))
            throw new DfuException(DfuError.InvalidArgument, $"{copy} is not of the authority in {home}: give a folder of its own");
        if (wanted.FirstOrDefault(Path.Exists) is { } taken)
            throw new DfuException(DfuError.InvalidArgument, $"{taken} exists already, and nothing is overwritten");

        var now = time.GetUtcNow();
        var made = new List<string>();
        using var authority = authorityThere ? ReadAuthority(home, now) : NewAuthority(now);
        try
        {
            foreach (var needed in new[] { folder, home })
            {
                if (OperatingSystem.IsWindows()) Directory.CreateDirectory(needed);
                else Directory.CreateDirectory(needed, Private | UnixFileMode.UserExecute);
            }

            if (!authorityThere) Write(home, "ca", authority, authority.GetECDsaPrivateKey()!, made);
            if (!File.Exists(copy)) Write(copy, authority.ExportCertificatePem() + "\n", Public, made);
            foreach (var host in hosts) Sign(folder, FileOf(host), host, authority, [ServerUse, ClientUse], now, made);
            if (names.Contains(ClientName)) Sign(folder, ClientName, null, authority, [ClientUse], now, made);
            return made;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            foreach (var file in made) File.Delete(file); // half a set would only be in the way of the next try
            throw new DfuException(DfuError.OutputNotWritten, $"{folder}: {failure.Message}", failure);
        }
    }

    private static bool IsHost(string host) => host.Length is > 0 and <= 253
        && (IPAddress.TryParse(host, out _) || (char.IsAsciiLetterOrDigit(host[0]) && host.All(IsOfName)));

    private static bool IsOfName(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_';

    private static string FileOf(string host) => host.Replace(':', '-').Replace('%', '-');

    private static X509Certificate2 NewAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        // The number keeps two authorities apart that are made on one day: each is known by its name.
        var request = Request($"dfu cluster {now:yyyy-MM-dd} {RandomNumberGenerator.GetHexString(8, lowercase: true)}", key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        return request.CreateSelfSigned(now.AddHours(-1), now.AddYears(AuthorityYears));
    }

    private static void Sign(string folder, string file, string? host, X509Certificate2 authority, Oid[] uses, DateTimeOffset now, List<string> made)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(host ?? file, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        if (host is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
            request.CertificateExtensions.Add(names.Build());
        }

        var end = now.AddYears(Years) < authority.NotAfter.ToUniversalTime() ? now.AddYears(Years) : authority.NotAfter.ToUniversalTime();
        using var signed = request.Create(authority, now.AddHours(-1), end, RandomNumberGenerator.GetBytes(16));
        Write(folder, file, signed, key, made);
    }

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name.Length <= 64 ? name : name[..64]);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static X509Certificate2 ReadAuthority(string folder, DateTimeOffset now)
    {
        var (certificate, key) = (Path.Combine(folder, AuthorityFile), Path.Combine(folder, AuthorityKeyFile));
        try
        {
            var authority = X509Certificate2.CreateFromPemFile(certificate, key);
            if (authority.GetECDsaPrivateKey() is not null && authority.NotAfter.ToUniversalTime() > now.UtcDateTime) return authority;
            authority.Dispose();
            throw new DfuException(DfuError.CertificateInvalid, $"{certificate} has expired, or was not made by this program: give another folder");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new DfuException(DfuError.CertificateInvalid, $"{key} cannot sign for the authority {certificate} that is there: {e.Message}", e);
        }
    }

    private static void Write(string folder, string name, X509Certificate2 certificate, ECDsa key, List<string> made)
    {
        Write(Path.Combine(folder, name + ".pem"), certificate.ExportCertificatePem() + "\n", Public, made);
        Write(Path.Combine(folder, name + "-key.pem"), key.ExportPkcs8PrivateKeyPem() + "\n", Private, made);
    }

    private static void Write(string file, string text, UnixFileMode mode, List<string> made)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using var stream = new FileStream(file, options);
        made.Add(file);
        stream.Write(Encoding.ASCII.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }
}
