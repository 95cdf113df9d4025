using Dfu.Benchmarks;
using Dfu.Cluster.Tests.Support;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Dfu.Cluster.Tests.Retention;

/// <summary>What <c>dotnet run --project tests/Dfu.Benchmarks -- station</c> shows for ten years, for a few campaigns.</summary>
public sealed class StationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private long Rows(string name)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File(SqliteDatabase.FileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM grain_state WHERE name = '{name}'";
        return (long)command.ExecuteScalar()!;
    }

    [Fact]
    public async Task A_station_that_flashes_for_years_keeps_as_much_as_it_may_and_no_more()
    {
        var station = new Station(_directory.Path, TimeSpan.FromDays(4), imageBytes: 40_000)
        {
            Retention = new() { Campaigns = 3, PackageDays = 10 },
        };
        var sizes = new List<StationSize>();
        for (var n = 1; n <= 11; n++) sizes.Add(await station.FlashAsync().Soon());

        // A campaign that has just been found over is kept for an hour, so one more is there while another runs.
        Assert.InRange(Rows("campaign"), 3, 5);
        Assert.Equal(Rows("campaign"), Rows("campaign-summary"));
        Assert.InRange(Rows("package"), 3, 5);
        Assert.InRange(Rows("device"), 4, 8);
        Assert.Equal(1, Rows("adapter"));
        Assert.InRange(sizes[^1].Database, 1, 1.2 * sizes[6].Database);
    }
}
