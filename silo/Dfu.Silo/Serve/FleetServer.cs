using System.Net;
using Dfu.Adapters;
using Dfu.Fleet;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Grains.Connections;
using Dfu.Grains.Directory;
using Dfu.Grains.Retention;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Dfu.Silo.Adapters;
using Dfu.Silo.Silos;
using Dfu.Silo.Storage;
using Dfu.Silo.Storage.Files;
using Dfu.Silo.Storage.Postgres;
using Dfu.Silo.Storage.Sqlite;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Dfu.Silo.Serve;

/// <summary>What <c>dfu serve</c> and <c>dfu db init</c> do: a silo alone over SQLite, or a member of a cluster over PostgreSQL.</summary>
public static class FleetServer
{
    internal static readonly TimeSpan LongStart = TimeSpan.FromSeconds(5);

    /// <summary>Makes the tables of a cluster, or brings them up to date.</summary>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="DfuException">DatabaseUnavailable, DatabaseForeign or InvalidArgument.</exception>
    public static async Task<string> InitDatabaseAsync(string connection, CancellationToken cancellationToken) =>
        await PostgresSchema.InitAsync(connection, cancellationToken) switch
        {
            PostgresSchemaResult.Created => "the tables were made",
            PostgresSchemaResult.Upgraded => $"the tables were brought up to date, to schema {PostgresSchema.Latest}",
            _ => "the tables are there already",
        };

    /// <summary>Serves radios to campaigns until told to stop, which may be before it is ready.</summary>
    /// <exception cref="DfuException">What kept the server from starting.</exception>
    public static async Task RunAsync(ServerSettings settings, TimeProvider time, CancellationToken stop)
    {
        using var log = new LineLog(settings.Say, settings.LogLevel, time, settings.Telemetry);
        try
        {
            await RunAsync(settings, log, time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            log.Host.Stops(settings.Name);
        }
    }

    private static async Task RunAsync(ServerSettings settings, LineLog log, TimeProvider time, CancellationToken stop)
    {
        using var tls = settings.Tls is { } files ? ClusterTls.Load(files, TlsRole.Member, time) : null;
        NetworkRule.Warn(settings.Tls, tls, log.Host, time);
        var address = settings.Address ?? (settings.Connection is { } database ? await ClusterAddress.FindAsync(database, stop) : IPAddress.Loopback);
        NetworkRule.Check(address, tls is not null, settings.InsecureNetwork);
        if (settings.Connection is { } connection) await PostgresSchema.CheckAsync(connection, stop);
        using var directory = DataDirectory.Open(settings.DataDirectory, time);
        Withdraw(directory.Path, log.Host); // a server that was killed has left it
        await using var radios = new ProcessAdapters(time);
        var owned = new List<IDisposable>();
        try
        {
            var sources = new List<IAdapterSource>();
            foreach (var spec in settings.Adapters) sources.AddRange(spec.Open(radios));
            await ServeAsync(settings, address, tls, log, directory.Path, sources, owned, time, stop);
        }
        finally
        {
            owned.Reverse();
            foreach (var one in owned) one.Dispose();
        }
    }

    private static async Task ServeAsync(
        ServerSettings settings,
        IPAddress address,
        ClusterTls? tls,
        LineLog log,
        string directory,
        IReadOnlyList<IAdapterSource> sources,
        List<IDisposable> owned,
        TimeProvider time,
        CancellationToken stop)
    {
        var ledgers = new LateLedgers(new(Path.Combine(directory, "ledgers")), failure => settings.Say(failure.Message));
        owned.Add(ledgers);
        var packages = new PackageCache(Path.Combine(directory, "packages"), time, settings.CacheSize);
        Func<CancellationToken, Task> giveBack;
        Action<ISiloBuilder, IPEndPoint> cluster;
        if (settings.Connection is { } connection)
        {
            cluster = (silo, _) => silo.UsePostgresCluster(connection, StorageNames.State).AddCampaignWaker().AddRetention();
            giveBack = cancellationToken => PostgresSchema.GiveBackAsync(connection, cancellationToken);
        }
        else
        {
            var storage = SqliteGrainStorage.Open(directory);
            owned.Add(storage);
            if (storage.Upgraded is { } upgraded) settings.Say(upgraded.ToString());
            cluster = (silo, endpoint) =>
            {
                silo.UseDevelopmentClustering(endpoint);
                silo.AddGrainStorage(StorageNames.State, storage);
                silo.AddCampaignWaker().AddRetention();
            };
            giveBack = storage.GiveBackAsync;
        }

        await using var server = FleetSilo.Build(
            new()
            {
                Host = new FleetHost
                {
                    Silo = settings.Name,
                    Policy = settings.Policy,
                    Orders = new(settings.PublicKey),
                    Time = new SteadyTime(time),
                    Wall = time,
                    Times = settings.Connection is null ? FleetTimes.Alone : new(),
                    Runner = UpdateRun.RunAsync,
                    Sources = sources,
                    Ledger = ledgers.For,
                    Packages = packages,
                    Retention = settings.Retention,
                    GiveBack = async cancellationToken =>
                    {
                        await packages.TrimAsync(cancellationToken);
                        await giveBack(cancellationToken);
                    },
                },
                ClusterId = ClusterNames.Cluster,
                Cluster = (silo, endpoint) =>
                {
                    cluster(silo, endpoint);
                    settings.Silo(silo);
                },
                Address = address,
                SiloPort = settings.SiloPort,
                GatewayPort = settings.GatewayPort,
                Tls = tls,
                Log = log,
            },
            time);
        try
        {
            if (settings.Connection is not null)
            {
                var members = server.Services.GetRequiredService<IMembershipTable>();
                await new FormerMember(members, server.Endpoint, log.Host, time).BuryAsync(settings.Name, stop);
                await NetworkRule.AskAsync(members, tls, time, stop);
            }

            await StartAsync(server, log.Host, time, stop);
        }
        catch (Exception e) when (stop.IsCancellationRequested)
        {
            // Orleans says in many ways that its start was broken off.
            log.Host.Overlooked("start to the end, for it was told to stop", e);
            throw new OperationCanceledException("the start was broken off", e, stop);
        }
        catch (Exception e) when (Refusal(e, settings.Connection) is { } refusal)
        {
            throw refusal;
        }

        await using var beside = settings.Beside is { } serve
            ? await serve(new(settings, server.Services, server.Gateway!, directory, log) { Stopping = stop, Least = log.Least }, stop)
            : null;
        log.Host.Ready(settings.Name, server.Endpoint, server.Gateway!);
        Announce(new(settings.Name, server.Gateway!, Environment.ProcessId, beside?.Url), directory, log.Host);
        settings.Ready(server.Gateway!);
        if (tls is null && !IPAddress.IsLoopback(address)) log.Host.NetworkOpen(address);
        foreach (var (source, adapter) in sources.Zip(server.Adapters))
            Background.Run("say what keeps an adapter from being opened", TellAsync(source.Id, adapter, log.Host));
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
        if (settings.DrainFor > TimeSpan.Zero) await DrainAsync(server, settings);
        Withdraw(directory, log.Host);
        log.Host.Stops(settings.Name);
    }

    private static async Task DrainAsync(FleetSilo server, ServerSettings settings)
    {
        var seconds = settings.DrainFor.TotalSeconds;
        var left = await server.DrainAsync(
            settings.DrainFor, underWay => settings.Say($"{Transfers(underWay)} under way may take {seconds:0} s to end; stop again to end at once"));
        if (left > 0) settings.Say($"{Transfers(left)} did not end within {seconds:0} s and will go on where they were");
    }

    private static string Transfers(int count) => count == 1 ? "1 transfer" : $"{count} transfers";

    private static void Announce(ServerFile file, string directory, ILogger log)
    {
        try
        {
            file.Write(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.NotAnnounced(directory, file.Gateway, e.Message);
        }
    }

    private static void Withdraw(string directory, ILogger log)
    {
        try
        {
            ServerFile.Remove(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Overlooked("delete what tells commands of this server", e);
        }
    }

    private static async Task StartAsync(FleetSilo server, ILogger log, TimeProvider time, CancellationToken stop)
    {
        var starting = server.StartAsync(stop);
        await Task.WhenAny(starting, Task.Delay(LongStart, time, stop));
        if (!starting.IsCompleted && !stop.IsCancellationRequested) log.StartWaits(MemberTimes.LongestWait.TotalSeconds);
        await starting;
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Says what keeps a radio from being opened; it is tried again all the time.</summary>
    private static async Task TellAsync(string id, IAdapterGrain adapter, ILogger log)
    {
        try
        {
            var opening = await FleetSilo.OpenedAsync(adapter);
            if (opening.Error is not (DfuError.None or DfuError.Interrupted)) log.AdapterNotOpen(id, opening.Detail, opening.Error.Code());
        }
        catch (OrleansException)
        {
            // The server stops.
        }
    }

    /// <summary>Orleans wraps what its start fails for.</summary>
    /// <summary>What kept the server from starting, also where a database that went away meanwhile told Orleans and not us.</summary>
    private static DfuException? Refusal(Exception failure, string? connection)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is DfuException refusal) return refusal;
            if (cause is NpgsqlException outage && connection is not null) return new PostgresConnection(connection).Unavailable(outage);
        }

        return null;
    }
}
