using Dfu.Protocol.Errors;
using Dfu.Silo.Adapters;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Tests.Adapters;

public sealed class LockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-locks-").FullName;
    private readonly string _names = $"dfu-test-{Guid.NewGuid():n}";

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
        using var first = new AdapterLocks(TimeProvider.System, _names);
        using var second = new AdapterLocks(TimeProvider.System, _names);
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
        using var first = new AdapterLocks(TimeProvider.System, _names);
        using var second = new AdapterLocks(TimeProvider.System, _names);
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
    public void Who_is_refused_a_radio_is_told_the_process_that_has_it()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var first = new AdapterLocks(TimeProvider.System, _names);
        using var second = new AdapterLocks(TimeProvider.System, _names);
        first.Take("radio", "radio");
        for (var asked = 0; asked < 50; asked++)
        {
            var refused = Assert.Throws<DfuException>(() => second.Take("radio", "radio"));
            Assert.Contains($"(process {Environment.ProcessId} of user ", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_radio_leaves_no_file_that_somebody_could_make_first()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var locks = new AdapterLocks(TimeProvider.System, _names);
        locks.Take("radio", "radio");
        var name = AdapterLocks.NameOf("radio", _names);
        Assert.All(new[] { "/run/lock", "/tmp" }.Where(Directory.Exists), folder => Assert.False(Path.Exists(Path.Combine(folder, name))));
        Assert.Contains($"@{name}", File.ReadAllText("/proc/net/unix"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_follows_no_link_and_writes_nothing_where_one_leads()
    {
        if (OperatingSystem.IsWindows()) return;
        var victim = Path.Combine(_folder, "victim");
        File.WriteAllText(victim, "precious");
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        foreach (var name in new[] { "lock", "lock.owner" }) File.CreateSymbolicLink(Path.Combine(data, name), victim);
        var refused = Assert.Throws<DfuException>(() => DataDirectory.Open(data, TimeProvider.System));
        Assert.Equal(DfuError.DataDirectoryUnusable, refused.Error);
        Assert.Contains("symbolic link", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(victim));

        File.Delete(Path.Combine(data, "lock"));
        using (DataDirectory.Open(data, TimeProvider.System)) Assert.Equal("precious", File.ReadAllText(victim));
        Assert.Equal("precious", File.ReadAllText(victim));
    }

    [Fact]
    public void A_link_to_nowhere_makes_no_file_there()
    {
        if (OperatingSystem.IsWindows()) return;
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        File.CreateSymbolicLink(Path.Combine(data, "lock"), Path.Combine(_folder, "nowhere"));
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => DataDirectory.Open(data, TimeProvider.System)).Error);
        Assert.False(File.Exists(Path.Combine(_folder, "nowhere")));
    }

    [Fact]
    public void A_file_with_other_content_is_no_lock_and_keeps_it()
    {
        var file = Path.Combine(_folder, "lock");
        File.WriteAllText(file, "precious");
        var refused = Assert.Throws<DfuException>(() => DataDirectory.Open(_folder, TimeProvider.System));
        Assert.Equal(DfuError.DataDirectoryUnusable, refused.Error);
        Assert.Equal("precious", File.ReadAllText(file));
    }

    [Fact]
    public void Nobody_is_told_of_an_owner_that_has_ended()
    {
        var file = Path.Combine(_folder, "lock");
        File.WriteAllText(file, "process 4711, since 2026-01-02 03:04:05\n");
        using (var held = DataDirectory.Open(_folder, TimeProvider.System))
        {
            var refused = Assert.Throws<DfuException>(() => DataDirectory.Open(_folder, TimeProvider.System));
            Assert.Contains($"process {Environment.ProcessId}, since", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("4711", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal("", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFiles(_folder));
    }
}
