using Dfu.Protocol.Errors;
using Dfu.Silo.Adapters;
using Dfu.Silo.Flash;

namespace Dfu.Silo.Tests.Flash;

public sealed class FlashRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-flash-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task A_run_that_cannot_have_all_its_adapters_lets_go_of_everything()
    {
        // Hosts of this test alone, for the locks are the machine's.
        var (free, taken) = ($"bridge:tcp://{Guid.NewGuid():n}.invalid:1", $"bridge:tcp://{Guid.NewGuid():n}.invalid:1");
        var settings = new FlashSettings { DataDirectory = _folder, Adapters = AdapterSpec.ParseAll(["sim:devices=1", free, taken]) };
        using (var other = new AdapterLocks(TimeProvider.System))
        {
            other.Take(settings.Adapters[2].Radio, taken);
            var refused = await Assert.ThrowsAsync<DfuException>(() => FlashRun.OpenAsync(settings, TimeProvider.System));
            Assert.Equal(DfuError.AdapterInUse, refused.Error);
            Assert.Contains(taken, refused.Message, StringComparison.Ordinal);
            other.Take(settings.Adapters[1].Radio, free);
        }

        // Nothing is held any more: neither the adapters nor the folder.
        await using var run = await FlashRun.OpenAsync(settings, TimeProvider.System);
        Assert.Equal(DfuError.DataDirectoryInUse, (await Assert.ThrowsAsync<DfuException>(() => FlashRun.OpenAsync(settings, TimeProvider.System))).Error);
    }

    [Fact]
    public async Task A_run_whose_folder_is_not_ours_lets_go_of_everything()
    {
        var settings = new FlashSettings { DataDirectory = _folder, Adapters = AdapterSpec.ParseAll([$"bridge:tcp://{Guid.NewGuid():n}.invalid:1"]) };
        var database = Path.Combine(_folder, "fleet.db");
        File.WriteAllText(database, string.Concat(Enumerable.Repeat("this is no database", 100)));
        await Assert.ThrowsAsync<DfuException>(() => FlashRun.OpenAsync(settings, TimeProvider.System));
        File.Delete(database);
        await using var run = await FlashRun.OpenAsync(settings, TimeProvider.System);
        Assert.Null(run.Snapshot());
    }
}
