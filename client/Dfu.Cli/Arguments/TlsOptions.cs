using System.CommandLine;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Arguments;

/// <summary>The options by which a command gets its certificates.</summary>
internal sealed class TlsOptions
{
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
    /// <exception cref="DfuException">InvalidArgument.</exception>
    internal static string? Passphrase() => SecretVariable.Read("DFU_TLS_PASSPHRASE");
}
