using System.CommandLine;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Arguments;

/// <summary>The options by which a command gets its certificates.</summary>
internal sealed class TlsOptions
{
    private const string PassphraseVariable = "DFU_TLS_PASSPHRASE";
    private const string PassphraseFileVariable = "DFU_TLS_PASSPHRASE_FILE";

    private readonly Option<string?> _certificate =
        Option.Text("--tls-certificate", "This host's certificate; members and programs then talk TLS only.", "PEM");
    private readonly Option<string?> _key = Option.Text("--tls-key", "Its private key.", "PEM");
    private readonly Option<string?> _authority = Option.Text("--tls-ca", "The authority that signs for this cluster, and for nobody else.", "PEM");

    public void AddTo(Command command)
    {
        command.Options.Add(_certificate);
        command.Options.Add(_key);
        command.Options.Add(_authority);
    }

    /// <returns>Null when none was given.</returns>
    /// <exception cref="DfuException">InvalidArgument when not all were given.</exception>
    public TlsFiles? Of(ParseResult result)
    {
        var (certificate, key, authority) = (result.GetValue(_certificate), result.GetValue(_key), result.GetValue(_authority));
        if (certificate is null && key is null && authority is null) return null;
        if (certificate is null || key is null || authority is null)
            throw new DfuException(DfuError.InvalidArgument, "--tls-certificate, --tls-key and --tls-ca go together");
        return new() { Certificate = certificate, Key = key, Authority = authority, Passphrase = Passphrase() };
    }

    /// <summary>Of whichever key is encrypted.</summary>
    /// <exception cref="DfuException">CertificateInvalid.</exception>
    internal static string? Passphrase()
    {
        if (Environment.GetEnvironmentVariable(PassphraseVariable) is { Length: > 0 } given) return given;
        if (Environment.GetEnvironmentVariable(PassphraseFileVariable) is not { Length: > 0 } file) return null;
        try
        {
            return File.ReadLines(file).FirstOrDefault() ?? "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DfuException(
                DfuError.CertificateInvalid,
                $"{file}, the file that {PassphraseFileVariable} names, cannot be read: {failure.Message}",
                failure);
        }
    }
}
