using System.Net;
using Dfu.Grains.Connections;

namespace Dfu.Client;

/// <summary>Where a cluster is. Exactly one of the two ways is given.</summary>
public sealed record FleetClientOptions
{
    /// <summary>The cluster's PostgreSQL database, as Npgsql writes it: its members' addresses are in there.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The addresses that servers print when they are ready; any that answers will do.</summary>
    public IList<IPEndPoint> Gateways { get; } = [];

    /// <summary>What a cluster with certificates asks for; null talks without TLS, which such a cluster refuses.</summary>
    public TlsFiles? Tls { get; set; }

    /// <summary>How long a member that takes the connection may take to say something. Default 8 s.</summary>
    public TimeSpan ConnectFor { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>How long a call goes on trying while no member answers; the last try may take 10 s more. Default 30 s.</summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a followed campaign's view is read. Default 0.5 s.</summary>
    public TimeSpan ViewEvery { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Never the connection string, which may hold a password.</summary>
    public override string ToString() => ConnectionString is null ? string.Join(", ", Gateways) : "the cluster in a database";
}
