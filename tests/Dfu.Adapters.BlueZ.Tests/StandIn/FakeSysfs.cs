using System.Globalization;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>The part of sysfs that tells of Bluetooth controllers, in a folder of a test's own.</summary>
internal sealed class FakeSysfs : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("dfu-sysfs-");

    public FakeSysfs() => Directory.CreateDirectory(Classes);

    public string Root => _root.FullName;

    private string Classes => Path.Combine(Root, "class", "bluetooth");

    /// <summary>A dongle is plugged into a port, such as 1-1.2, and becomes hciN.</summary>
    public void Add(int index, string port)
    {
        var device = Path.Combine(Root, "devices", "usb1", port);
        var controller = Path.Combine(device, $"{port}:1.0", "bluetooth", Name(index));
        Directory.CreateDirectory(controller);
        (string File, string Text)[] attributes =
            [("busnum", "1"), ("devnum", "4"), ("idVendor", "2fe3"), ("idProduct", "000b"), ("product", "dongle of a test")];
        foreach (var (file, text) in attributes)
            File.WriteAllText(Path.Combine(device, file), text + "\n");
        Directory.CreateSymbolicLink(Path.Combine(controller, "device"), Path.Combine(device, $"{port}:1.0"));
        Directory.CreateSymbolicLink(Path.Combine(Classes, Name(index)), controller);
    }

    public void Remove(int index)
    {
        var link = Path.Combine(Classes, Name(index));
        var controller = new DirectoryInfo(link).ResolveLinkTarget(returnFinalTarget: true)!;
        Directory.Delete(link);
        Directory.Delete(controller.FullName, recursive: true);
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"hci{index}");
}
