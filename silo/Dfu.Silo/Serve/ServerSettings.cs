using System.Net;
using Dfu.Fleet;
using Dfu.Fleet.Retention;
using Dfu.Grains.Connections;
using Dfu.Silo.Adapters;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Serve;

/// <summary>What a server of a fleet works with.</summary>
public sealed record ServerSettings
{
    /// <summary>Tells it from the other members of its cluster; its adapters are called by it. Without a slash.</summary>
    public required string Name { get; init; }
    public required string DataDirectory { get; init; }
    public IReadOnlyList<AdapterSpec> Adapters { get; init; } = [];
    public FleetPolicy Policy { get; init; } = new();

    /// <summary>How long what is over is kept, where the operator says so; it holds for the whole cluster.</summary>
    public RetentionWish Retention { get; init; } = new();

    /// <summary>Bytes that package files in the data directory may take; null is 512 MiB.</summary>
    public long? CacheSize { get; init; }

    /// <summary>PostgreSQL of the cluster; null serves alone.</summary>
    public string? Connection { get; init; }

    /// <summary>Where other members and clients reach this one; null is this machine alone, or the address by which it reaches the database.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>By which members and programs are told from strangers; null takes whoever connects, and only on this machine.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>Others may reach this member although it has no certificates.</summary>
    public bool InsecureNetwork { get; init; }

    /// <summary>A P-256 key in PEM form: packages that are not signed for it are refused, whoever brings them. Null leaves signatures unchecked.</summary>
    public string? PublicKey { get; init; }

    /// <summary>For other members; 0 takes a free one.</summary>
    public int SiloPort { get; init; }

    /// <summary>For clients; 0 takes a free one.</summary>
    public int GatewayPort { get; init; }

    /// <summary>
    /// For how long attempts that are under way may go on when the server is told to stop; none begins meanwhile. Zero interrupts them: they go on where they
    /// were, on another member or when this one is back.
    /// </summary>
    public TimeSpan DrainFor { get; init; }

    /// <summary>Called once, when the server is a member and its radios are being opened.</summary>
    public Action<IPEndPoint> Ready { get; init; } = static _ => { };

    /// <summary>
    /// What is served beside the silo, such as a web server: started when the silo is a member, before <see cref="Ready"/>, and disposed of before the
    /// silo stops. Null is nothing.
    /// </summary>
    public Func<ServedSilo, CancellationToken, Task<IServedBeside>>? Beside { get; init; }

    /// <summary>What else the silo is made of.</summary>
    public Action<ISiloBuilder> Silo { get; init; } = static _ => { };

    /// <summary>From which level on <see cref="Say"/> is told. Default Warning.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>Where what is logged is exported; null nowhere.</summary>
    public TelemetryExport? Telemetry { get; init; }

    /// <summary>Gets a line when there is something an operator should know.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    /// <summary>Never the connection string, which may hold a password.</summary>
    public override string ToString() => Name;
}
