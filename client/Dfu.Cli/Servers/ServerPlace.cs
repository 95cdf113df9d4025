using System.Net;
using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Dfu.Silo.Serve;

namespace Dfu.Cli.Servers;

/// <summary>Where a server may be reached, and how that is known.</summary>
/// <param name="Gateways">As they were given: <c>HOST:PORT</c>.</param>
/// <param name="Source">Who said so, for the refusal: <c>--gateway</c>.</param>
internal sealed record ServerPlace(IReadOnlyList<DnsEndPoint> Gateways, string Source)
{
    /// <summary>Names gateways where no option does, separated by commas.</summary>
    public const string Variable = "DFU_GATEWAY";

    private const string Start = "start one with 'dfu serve --adapter SPEC', or say where one is by --gateway HOST:PORT or --connection";
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(2);

    /// <summary>Set where a server's own file told of it: what to say when it is not there any more.</summary>
    private ServerFile? File { get; init; }

    /// <summary><c>127.0.0.1:41873</c>, <c>[::1]:41873</c> or <c>station-1:41873</c>.</summary>
    public static bool TryParse(string text, out DnsEndPoint gateway)
    {
        gateway = new("localhost", 0);
        text = text.Trim();
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port) || port == 0) return false;
        var host = text[..colon];
        if (host is ['[', .. var inner, ']']) host = inner;
        else if (host.Contains(':', StringComparison.Ordinal)) return false;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown) return false;
        gateway = new(host, port);
        return true;
    }

    /// <summary>The gateways that the environment names; null when it names none.</summary>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static ServerPlace? OfEnvironment(string? value)
    {
        if (string.IsNullOrWhiteSpace(value)) return null;
        var gateways = new List<DnsEndPoint>();
        foreach (var text in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!TryParse(text, out var gateway))
                throw new DfuException(DfuError.InvalidArgument, $"{Variable}: '{text}' is not HOST:PORT") { Remedy = "Write it as in 127.0.0.1:41873." };
            gateways.Add(gateway);
        }

        return new(gateways, Variable);
    }

    /// <summary>What the server that has a data directory says of itself, and the members of a cluster that have one in it.</summary>
    public static IReadOnlyList<ServerFile> FilesOf(string directory)
    {
        var members = Directory.Exists(directory) ? Directory.GetDirectories(directory, "server-*").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
        return [.. members.Prepend(directory).Select(ServerFile.Read).OfType<ServerFile>()];
    }

    /// <summary>The server that has a data directory, or, in the usual one, the member of a cluster that has one in it.</summary>
    /// <exception cref="DfuException">ServerUnreachable when none says that it is there.</exception>
    public static ServerPlace OfDirectory(string directory, string source)
    {
        directory = Path.GetFullPath(directory);
        var files = FilesOf(directory);
        return files is [var first, ..]
            ? new([.. files.Select(static file => new DnsEndPoint(file.Gateway.Address.ToString(), file.Gateway.Port))], source) { File = first }
            : throw new DfuException(DfuError.ServerUnreachable, $"no server runs on the data directory {directory}{Because(source)}") { Remedy = Start };
    }

    /// <summary>Those gateways that take a connection now; of several servers with files of their own the first, for they need not be of one cluster.</summary>
    /// <exception cref="DfuException">ServerUnreachable when none does.</exception>
    public async Task<IReadOnlyList<IPEndPoint>> AnsweringAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var tried = await Task.WhenAll(Gateways.Select(gateway => TryAsync(gateway, time, cancellationToken)));
        var answering = tried.OfType<IPEndPoint>().ToList();
        if (answering.Count > 0) return File is null ? answering : answering[..1];
        var places = string.Join(", ", Gateways.Select(Text));
        throw File is { } file
            ? new DfuException(
                DfuError.ServerUnreachable,
                $"the server '{file.Name}' (process {file.Process}) that was at {places} has ended without saying so")
            {
                Remedy = "Start it again with 'dfu serve'; its campaigns go on.",
            }
            : new DfuException(DfuError.ServerUnreachable, $"no server answers at {places}{Because(Source)}") { Remedy = Start };
    }

    private static string Because(string source) => source.Length > 0 ? $" ({source})" : "";

    private static string Text(DnsEndPoint gateway) =>
        gateway.Host.Contains(':', StringComparison.Ordinal) ? $"[{gateway.Host}]:{gateway.Port}" : $"{gateway.Host}:{gateway.Port}";

    private static async Task<IPEndPoint?> TryAsync(DnsEndPoint gateway, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(LongestTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(gateway.Host, gateway.Port, either.Token);
            var there = (IPEndPoint)socket.Client.RemoteEndPoint!;
            return there.Address.IsIPv4MappedToIPv6 ? new(there.Address.MapToIPv4(), there.Port) : there;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
