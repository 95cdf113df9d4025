using Dfu.Silo.Silos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Dfu.Silo.Storage.Postgres;

public static class PostgresClusterExtensions
{
    private const string Invariant = "Npgsql";

    /// <summary>Members, grain states and reminders of a cluster in PostgreSQL. The host has called <see cref="PostgresSchema.CheckAsync"/> before.</summary>
    /// <param name="storage">What grains call the storage.</param>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">InvalidArgument for a connection string that is none.</exception>
    public static ISiloBuilder UsePostgresCluster(this ISiloBuilder silo, string connectionString, string storage)
    {
        var database = new PostgresConnection(connectionString);
        var connection = database.Text;
        silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
        silo.AddAdoNetGrainStorage(Invariant, options =>
        {
            (options.Invariant, options.ConnectionString) = (Invariant, connection);
            options.GrainStorageSerializer = new DocumentSerializer();
        });
        silo.Services.AddGrainStorage(storage, static (services, _) =>
            new MeasuredStorage(new PostgresGrainStorage(services.GetRequiredKeyedService<IGrainStorage>(Invariant)), TimeProvider.System));
        silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => new PostgresArrival(
            database,
            services.GetRequiredService<IOptions<ClusterOptions>>(),
            TimeProvider.System));
        return silo.Configure<ClusterMembershipOptions>(ForgetTheDeadQuickly);
    }

    /// <summary>A killed silo is out within seconds, one that hangs or lost its network within ten; a pause of a few seconds is forgiven.</summary>
    private static void ForgetTheDeadQuickly(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = MemberTimes.Probe;
        options.MinProbeTimeout = MemberTimes.Probe;
        options.NumMissedProbesLimit = MemberTimes.ProbesMissed;
        options.MaxProbeTimeout = MemberTimes.LongestProbe;
        options.TableRefreshTimeout = MemberTimes.TableRead;

        // Two votes, so that one silo with a bad network cannot put out the others; of two silos one is enough by Orleans' own rule.
        // Silos that died together have no votes to give: without signs of life they do not count any more.
        options.NumVotesForDeathDeclaration = 2;
        options.IAmAliveTablePublishTimeout = MemberTimes.SignOfLife;
        options.NumMissedTableIAmAliveLimit = MemberTimes.SignsMissed;
        options.MaxJoinAttemptTime = MemberTimes.Join;
    }
}
