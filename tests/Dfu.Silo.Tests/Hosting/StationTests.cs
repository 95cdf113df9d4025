using Dfu.Protocol.Errors;
using Dfu.Silo.Hosting;

namespace Dfu.Silo.Tests.Hosting;

public sealed class StationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-station-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task A_station_that_cannot_have_all_its_radios_lets_go_of_everything()
    {
        // Hosts of this test alone, for the locks are the machine's.
        var (free, taken) = ($"bridge:tcp://{Guid.NewGuid():n}.invalid:1", $"bridge:tcp://{Guid.NewGuid():n}.invalid:1");
        var settings = new StationSettings { DataDirectory = _folder, Adapters = AdapterSpec.ParseAll(["sim:devices=1", free, taken]) };
        using (var other = new AdapterLocks(TimeProvider.System))
        {
            other.Take(settings.Adapters[2].Radio, taken);
            var refused = await Assert.ThrowsAsync<DfuException>(() => Station.OpenAsync(settings, TimeProvider.System));
            Assert.Equal(DfuError.AdapterInUse, refused.Error);
            Assert.Contains(taken, refused.Message, StringComparison.Ordinal);
            other.Take(settings.Adapters[1].Radio, free);
        }

        // Nothing is held any more: neither the radios nor the folder.
        await using var station = await Station.OpenAsync(settings, TimeProvider.System);
        Assert.Equal(DfuError.DataDirectoryInUse, (await Assert.ThrowsAsync<DfuException>(() => Station.OpenAsync(settings, TimeProvider.System))).Error);
    }

    [Fact]
    public async Task A_station_whose_folder_is_not_ours_lets_go_of_everything()
    {
        var settings = new StationSettings { DataDirectory = _folder, Adapters = AdapterSpec.ParseAll([$"bridge:tcp://{Guid.NewGuid():n}.invalid:1"]) };
        var database = Path.Combine(_folder, "fleet.db");
        File.WriteAllText(database, string.Concat(Enumerable.Repeat("this is no database", 100)));
        await Assert.ThrowsAsync<DfuException>(() => Station.OpenAsync(settings, TimeProvider.System));
        File.Delete(database);
        await using var station = await Station.OpenAsync(settings, TimeProvider.System);
        Assert.Null(station.Snapshot());
    }
}
