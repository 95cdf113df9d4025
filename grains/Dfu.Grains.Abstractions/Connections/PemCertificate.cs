using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dfu.Protocol.Errors;

namespace Dfu.Grains.Connections;

/// <summary>A certificate and its private key, out of two files in PEM form.</summary>
public static class PemCertificate
{
    private const int MostBytes = 1 << 20;

    /// <param name="passphrase">Opens the key when it is encrypted.</param>
    /// <exception cref="DfuException">CertificateInvalid, naming the file and what to do.</exception>
    public static X509Certificate2 Load(string certificateFile, string keyFile, string? passphrase)
    {
        var (certificate, key) = (Read(certificateFile), Read(keyFile));
        try
        {
            using var alone = X509Certificate2.CreateFromPem(certificate);
        }
        catch (CryptographicException e)
        {
            throw Invalid(certificateFile, "holds no certificate in PEM form", e);
        }

        var encrypted = key.Contains("ENCRYPTED", StringComparison.Ordinal);
        if (encrypted && passphrase is null)
            throw Invalid(keyFile, "is encrypted: give its passphrase in DFU_TLS_PASSPHRASE, or in the file that DFU_TLS_PASSPHRASE_FILE names");
        try
        {
            var loaded = encrypted
                ? X509Certificate2.CreateFromEncryptedPem(certificate, key, passphrase)
                : X509Certificate2.CreateFromPem(certificate, key);
            if (!OperatingSystem.IsWindows()) return loaded;

            // Windows' TLS takes no key that is in memory only.
            using (loaded) return X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Invalid(keyFile, IsKey(key, encrypted ? passphrase : null)
                ? $"is not the key of {certificateFile}"
                : encrypted ? "cannot be opened: the passphrase is wrong, or it is not in PKCS #8 form" : "holds no private key in PEM form", e);
        }
    }

    private static bool IsKey(string pem, string? passphrase)
    {
        using var rsa = RSA.Create();
        using var ecdsa = ECDsa.Create();
        return Imports(rsa) || Imports(ecdsa);

        bool Imports(AsymmetricAlgorithm algorithm)
        {
            try
            {
                if (passphrase is null) algorithm.ImportFromPem(pem);
                else algorithm.ImportFromEncryptedPem(pem, passphrase);
                return true;
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                return false;
            }
        }
    }

    internal static string Read(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > MostBytes }) throw Invalid(file, "is larger than any certificate or key");
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Invalid(file, $"cannot be read: {e.Message}", e);
        }
    }

    internal static DfuException Invalid(string file, string what, Exception? inner = null) =>
        new(DfuError.CertificateInvalid, $"{file} {what}", inner);
}
