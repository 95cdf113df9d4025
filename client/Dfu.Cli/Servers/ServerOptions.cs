using System.CommandLine;
using System.Net;
using Dfu.Cli.Arguments;
using Dfu.Client;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;

namespace Dfu.Cli.Servers;

/// <summary>The options by which an operator's command finds its server.</summary>
internal sealed class ServerOptions
{
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(10); // a port that is closed says so at once; a busy host may take its time

    private readonly Option<DnsEndPoint[]> _gateways = Option();

    private readonly ConnectionOption _connection = new("The database of the server's cluster");

    private readonly Option<string?> _dataDir = Arguments.Option.Text(
        "--data-dir", "The data directory of a server on this machine (default: ~/.local/share/dfu).", "DIR");

    private readonly TlsOptions _tls = new();
    private readonly HttpOptions _http = new();

    public void AddTo(Command command)
    {
        _http.AddTo(command);
        command.Options.Add(_gateways);
        command.Options.Add(_connection);
        command.Options.Add(_dataDir);
        _tls.AddTo(command);
    }

    /// <summary>Finds the server that the options or the environment name, or else the one of the usual data directory.</summary>
    /// <exception cref="DfuException">InvalidArgument; ServerUnreachable, within a few seconds.</exception>
    public async Task<IFleetServer> OpenAsync(ParseResult result, Terminal terminal, CancellationToken cancellationToken)
    {
        var (gateways, connection, directory) = (result.GetRequiredValue(_gateways), _connection.Of(result, terminal), result.GetValue(_dataDir));
        var (url, tls) = (_http.Given(result), _tls.Of(result));
        var places = (url is null ? 0 : 1) + (gateways.Length > 0 ? 1 : 0) + (connection is null ? 0 : 1) + (directory is null ? 0 : 1);
        if (places > 1) throw new DfuException(DfuError.InvalidArgument, "give only one of --server, --gateway, --connection and --data-dir");
        if (places == 0 && tls is null) url = HttpOptions.OfEnvironment();
        if (url is not null)
        {
            if (tls is not null) throw new DfuException(DfuError.InvalidArgument, "--tls-certificate goes with --gateway or --connection, not with --server");
            return await _http.OpenAsync(url, result, terminal, cancellationToken);
        }

        _http.RefuseWithout(result);
        var options = new FleetClientOptions { Tls = tls, RetryFor = LongestTry };
        if (connection is not null)
        {
            options.ConnectionString = connection;
        }
        else
        {
            var place = (gateways, directory) switch
            {
                ([_, ..], _) => new(gateways, "--gateway"),
                (_, { } given) => ServerPlace.OfDirectory(given, "--data-dir"),
                _ => ServerPlace.OfEnvironment(Environment.GetEnvironmentVariable(ServerPlace.Variable)) ?? ServerPlace.OfDirectory(DataDirectory.Default, ""),
            };
            foreach (var gateway in await place.AnsweringAsync(TimeProvider.System, cancellationToken)) options.Gateways.Add(gateway);
        }

        return new FleetClient(options);
    }

    private static Option<DnsEndPoint[]> Option()
    {
        var option = Arguments.Option.Many<DnsEndPoint>(
            "--gateway",
            "Where a server takes commands, as it prints when it is ready; repeat it for more.",
            ServerPlace.TryParse,
            "an address such as 127.0.0.1:41873",
            "HOST:PORT");
        option.AllowMultipleArgumentsPerToken = false; // a command's own words may come behind it
        return option;
    }
}
