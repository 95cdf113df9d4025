using System.CommandLine;
using Dfu.Api.Http;
using Dfu.Cli.Access;
using Dfu.Cli.Arguments;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Servers;

/// <summary>The options by which a command finds a server over HTTP.</summary>
internal sealed class HttpOptions
{
    /// <summary>Names a server where no option does.</summary>
    public const string Variable = "DFU_SERVER";

    /// <summary>Holds the access key; before one that 'dfu login' keeps.</summary>
    public const string KeyVariable = "DFU_ACCESS_KEY";

    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(10);

    private readonly Option<Uri?> _server = Arguments.Option.Of<Uri?>(
        "--server",
        $"A server's address, as it prints when it is ready; any of a cluster. {Variable} unless given.",
        static (string text, out Uri? url) => FleetHttpOptions.TryReadUrl(text, out url),
        "an address such as http://127.0.0.1:5280",
        null,
        "URL");

    private readonly Option<string?> _authority = Arguments.Option.Text(
        "--server-ca", "The certificate, or its authority's, by which --server is known, where the system does not know it (PEM).", "FILE");

    public void AddTo(Command command)
    {
        command.Options.Add(_server);
        command.Options.Add(_authority);
    }

    /// <summary>The server that the command line names; null when it names none.</summary>
    public Uri? Given(ParseResult result) => result.GetValue(_server);

    /// <summary>The server that the environment names; null when it names none.</summary>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static Uri? OfEnvironment()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } text || string.IsNullOrWhiteSpace(text)) return null;
        return FleetHttpOptions.TryReadUrl(text, out var url)
            ? url
            : throw new DfuException(DfuError.InvalidArgument, $"{Variable}: '{text}' is not the address of a server")
            {
                Remedy = "Write it as in http://127.0.0.1:5280.",
            };
    }

    /// <summary>Whether something is said of a server over HTTP although there is none.</summary>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public void RefuseWithout(ParseResult result)
    {
        if (result.GetValue(_authority) is not null) throw new DfuException(DfuError.InvalidArgument, "--server-ca goes with --server");
    }

    /// <summary>Connects to a server, and asks it once what it is.</summary>
    /// <exception cref="DfuException">ServerUnreachable, CertificateRefused or KeyRefused.</exception>
    public async Task<FleetHttpClient> OpenAsync(Uri url, ParseResult result, Terminal terminal, CancellationToken cancellationToken)
    {
        var client = Connect(url, KeyFor(url), result, terminal);
        try
        {
            await client.AboutAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks nothing yet.</summary>
    /// <exception cref="DfuException">CertificateInvalid.</exception>
    public FleetHttpClient Connect(Uri url, string? key, ParseResult result, Terminal terminal)
    {
        if (key is not null && url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
            terminal.Error.WriteLine($"dfu: warning: the access key goes over the network for everybody to read: {url} is not https");
        return new(new() { Url = url, Key = key, Authority = result.GetValue(_authority), RetryFor = LongestTry });
    }

    private static string? KeyFor(Uri url) => SecretVariable.Read(KeyVariable)?.Trim() ?? KeptKeys.OfUser().For(url);
}
