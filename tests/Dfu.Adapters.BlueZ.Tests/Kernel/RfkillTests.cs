using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

public sealed class RfkillTests : IDisposable
{
    private readonly DirectoryInfo _sysfs = Directory.CreateTempSubdirectory("rfkill");

    public void Dispose() => _sysfs.Delete(recursive: true);

    [Fact]
    public void Switches_of_bluetooth_are_listed_with_what_they_block()
    {
        Add("rfkill0", "wlan", "phy0", "1", "1");
        Add("rfkill1", "bluetooth", "hci1", "1", "0");
        Add("rfkill2", "bluetooth", "a_laptop_switch", "0", "1");
        _sysfs.CreateSubdirectory("class/rfkill/rfkill3");
        Assert.Equal([new("a_laptop_switch", null, false, true), new("hci1", 1, true, false)], Rfkill.List(_sysfs.FullName));
    }

    [Fact]
    public void A_kernel_without_switches_has_none() => Assert.Empty(Rfkill.List(_sysfs.FullName));

    private void Add(string entry, string type, string name, string soft, string hard)
    {
        var folder = _sysfs.CreateSubdirectory($"class/rfkill/{entry}").FullName;
        foreach (var (file, text) in new[] { ("type", type), ("name", name), ("soft", soft), ("hard", hard) })
            File.WriteAllText(Path.Combine(folder, file), text + "\n");
    }
}
