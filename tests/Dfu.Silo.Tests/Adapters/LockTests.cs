using Dfu.Protocol.Errors;
using Dfu.Silo.Adapters;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Tests.Adapters;

public sealed class LockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-locks-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_data_directory_has_one_owner_and_the_next_is_told_who()
    {
        using var first = DataDirectory.Open(Path.Combine(_folder, "data"), TimeProvider.System);
        var refused = Assert.Throws<DfuException>(() => DataDirectory.Open(first.Path, TimeProvider.System));
        Assert.Equal(DfuError.DataDirectoryInUse, refused.Error);
        Assert.Contains(first.Path, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_directory_is_free_again_although_its_lock_file_is_still_there()
    {
        using (DataDirectory.Open(_folder, TimeProvider.System))
        {
        }

        Assert.NotEmpty(Directory.GetFiles(_folder));
        using var second = DataDirectory.Open(_folder, TimeProvider.System);
        Assert.Equal(_folder, second.Path);
    }

    [Fact]
    public void A_data_directory_that_is_a_file_is_said_plainly()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => DataDirectory.Open(file, TimeProvider.System)).Error);
    }

    [Fact]
    public void A_radio_has_one_owner_whatever_it_is_called()
    {
        using var first = new AdapterLocks(TimeProvider.System, _folder);
        using var second = new AdapterLocks(TimeProvider.System, _folder);
        first.Take("bridge:127.0.0.1:7001", "bridge:tcp://localhost:7001");
        second.Take("bridge:127.0.0.1:7002", "bridge:tcp://localhost:7002");
        var refused = Assert.Throws<DfuException>(() => second.Take("bridge:127.0.0.1:7001", "bridge:tcp://127.0.0.1:7001"));
        Assert.Equal(DfuError.AdapterInUse, refused.Error);
        Assert.Contains("bridge:tcp://127.0.0.1:7001", refused.Message, StringComparison.Ordinal);

        first.Dispose();
        second.Take("bridge:127.0.0.1:7001", "again");
    }

    [Fact]
    public void What_is_kept_may_be_kept_again_here_but_nowhere_else()
    {
        using var first = new AdapterLocks(TimeProvider.System, _folder);
        using var second = new AdapterLocks(TimeProvider.System, _folder);
        first.Take("bluez:usb-1-1.2", "bluez:hci0");
        first.Keep("bluez:usb-1-1.2", "bluez:usb-1-1.2");
        first.Keep("bluez:usb-1-1.3", "bluez:usb-1-1.3");
        first.Keep("bluez:usb-1-1.3", "bluez:usb-1-1.3");
        Assert.Equal(DfuError.AdapterInUse, Assert.Throws<DfuException>(() => second.Keep("bluez:usb-1-1.2", "bluez:usb-1-1.2")).Error);
        Assert.Equal(DfuError.AdapterInUse, Assert.Throws<DfuException>(() => second.Keep("bluez:usb-1-1.3", "bluez:usb-1-1.3")).Error);

        first.Dispose();
        second.Keep("bluez:usb-1-1.3", "bluez:usb-1-1.3");
    }

    [Fact]
    public void A_radio_may_be_locked_by_another_user_after_its_owner_has_ended()
    {
        if (OperatingSystem.IsWindows()) return;
        using (var first = new AdapterLocks(TimeProvider.System, _folder)) first.Take("radio", "radio");
        const UnixFileMode Everybody =
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        Assert.Equal(Everybody, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(_folder))));
    }
}
