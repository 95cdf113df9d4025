using Dfu.Cluster.Tests.Children;
using Dfu.Cluster.Tests.Support;
using Dfu.Silo.Storage.Sqlite;

namespace Dfu.Cluster.Tests.Storage.Full;

/// <summary>A disk that is really full: the kernel refuses the write, not SQLite.</summary>
public sealed class FullDiskTests
{
    [SmallDiskFact]
    public async Task A_full_disk_refuses_writes_loses_nothing_and_is_written_to_again_when_there_is_room()
    {
        using var directory = new TemporaryDirectory();
        using var writer = ChildProcess.StartOnSmallDisk(6 * 1024, directory.Path, FullDiskWriter.Role, directory.Path, $"{2 << 20}");
        var database = Path.Combine(directory.Path, "data", SqliteDatabase.FileName);
        Assert.Equal($"told DataDirectoryUnusable: {database}: the disk is full (SQLite 13)", await writer.LineAsync());
        Assert.Equal("whole", await writer.LineAsync());
        Assert.Equal("whole", await writer.LineAsync());
        Assert.Equal("after that nothing", await writer.LineAsync());
        Assert.Equal("whole", await writer.LineAsync());
    }
}
