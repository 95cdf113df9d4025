using System.Diagnostics;
using Dfu.Cluster.Tests.Postgres;
using Npgsql;

namespace Dfu.Cli.Tests.Processes;

/// <summary>A database that is lost in the middle of a campaign, and the copy that was made before it.</summary>
[Collection(PostgresServer.Collection)]
public sealed class BackupProcessTests(PostgresServer postgres)
{
    private const int Devices = 4;

    private string _campaign = "";

    [Fact]
    public async Task A_campaign_goes_on_from_a_copy_when_the_data_directory_is_lost()
    {
        using var bench = await BenchAsync();
        using (var station = await Station.StartAsync(DfuProcess.Start, bench, bench["data"]))
            await LoseAsync(bench, station, () => DoneAsync("backup", bench["fleet.backup"], "--data-dir", bench["data"]));

        Directory.Delete(bench["data"], true);
        await DoneAsync("restore", bench["fleet.backup"], "--data-dir", bench["data"]);
        using var restored = await Station.StartAsync(DfuProcess.Start, bench, bench["data"]);
        await EndAsync(bench, restored);
    }

    [PostgresFact]
    public async Task A_cluster_goes_on_from_a_dump_when_its_database_is_lost()
    {
        using var bench = await BenchAsync();
        var connection = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        await DoneAsync("db", "init", "--connection", connection.ToString());
        string[] member = ["--cluster", "postgres", "--connection", connection.ToString()];
        using (var station = await Station.StartAsync(DfuProcess.Start, bench, bench["data"], member))
            await LoseAsync(bench, station, () => PostgresAsync(connection, "pg_dump", "-Fc", "-f", bench["fleet.dump"], connection.Database!));
        Directory.Delete(bench["data"], true);
        await PostgresAsync(connection, "dropdb", "--force", connection.Database!);
        await PostgresAsync(connection, "createdb", connection.Database!);
        await PostgresAsync(connection, "pg_restore", "--exit-on-error", "--single-transaction", "-d", connection.Database!, bench["fleet.dump"]);
        NpgsqlConnection.ClearAllPools();
        using var restored = await Station.StartAsync(DfuProcess.Start, bench, bench["data"], member);
        await EndAsync(bench, restored);
    }

    private static async Task<Bench> BenchAsync()
    {
        var bench = new Bench();
        await bench.SimulateAsync(1, "--devices", $"{Devices}", "--mode", "app", "--time-scale", "8");
        return bench;
    }

    /// <summary>
    /// The copy is made while the second device is updated, and the server killed while the third is: in the copy the second has begun, the third and
    /// fourth have not, but the second runs the new application.
    /// </summary>
    private async Task LoseAsync(Bench bench, Station station, Func<Task> copy)
    {
        _campaign = await station.OrderAsync(bench.Package(48 << 10), Devices);
        await station.UntilAsync(_campaign, standing => Station.Updated(standing) == 1);
        await bench.ReceivedAsync(56 << 10);
        await copy();
        await station.UntilAsync(_campaign, standing => Station.Updated(standing) == 2);
        await bench.ReceivedAsync(100 << 10);
        await station.KillAsync();
    }

    private async Task EndAsync(Bench bench, Station station)
    {
        var standing = await station.EndAsync(_campaign);
        Assert.Equal((Devices, "succeeded"), (Station.Updated(standing), standing.GetProperty("outcome").GetString()));
        await station.StopAsync();
        var devices = await bench.EndSimulationAsync();
        var images = devices.Values.Select(device => device.GetProperty("activated").GetProperty("sha256").GetString()).Distinct();
        Assert.Single(images);
        Assert.All(devices.Values, device => Assert.Equal("application", device.GetProperty("mode").GetString()));
        Assert.All(devices.Values, device => Assert.InRange(device.GetProperty("activations").GetInt32(), 1, 2));
    }

    private static async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, error) = await DfuProcess.RunAsync(arguments);
        Assert.True(code == 0, error);
        return output;
    }

    private static async Task PostgresAsync(NpgsqlConnectionStringBuilder connection, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Path.Combine(PostgresServer.Programs!, program), ["-h", connection.Host!, "-p", $"{connection.Port}", "-U", connection.Username!, .. arguments])
        {
            RedirectStandardError = true,
        };
        start.Environment["PGPASSWORD"] = connection.Password;
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
    }
}
