using System.Globalization;
using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>Where this machine's files are; another root in tests.</summary>
internal sealed record HostRoots
{
    public string Sys { get; init; } = "/sys";
    public string Proc { get; init; } = "/proc";
    public string Etc { get; init; } = "/etc";

    /// <summary>Folders that bluetoothd may be in, the likeliest first.</summary>
    public IReadOnlyList<string> Programs { get; init; } =
        [
            "/usr/libexec/bluetooth", "/usr/lib/bluetooth",
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
            "/usr/sbin", "/usr/local/libexec/bluetooth",
        ];

    public string MainConf => Path.Combine(Etc, "bluetooth/main.conf");
}

/// <summary>What files of this machine say.</summary>
internal sealed class HostFiles(HostRoots roots)
{
    private const string Daemon = "bluetoothd";

    // linux/capability.h
    private const int NetAdmin = 12;
    private const int NetRaw = 13;

    public string KernelRelease => Text(Path.Combine(roots.Proc, "sys/kernel/osrelease")) ?? "";

    public bool HasBluetooth => Directory.Exists(Path.Combine(roots.Sys, "class/bluetooth")) || HasModule("bluetooth");

    public bool HasUsbDriver => HasModule("btusb");

    public MainConf? Settings => Text(roots.MainConf) is { } text ? MainConf.Parse(text) : null;

    /// <summary>The running bluetoothd, as its command line names it, or where one is.</summary>
    public DaemonFacts FindDaemon()
    {
        foreach (var folder in Entries(roots.Proc))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || Text(Path.Combine(folder, "comm")) != Daemon)
                continue;
            var program = Text(Path.Combine(folder, "cmdline"))?.Split('\0')[0];

            // Anybody may call a process bluetoothd: what is run to ask for its version stands where programs are installed.
            return new(Installed(program), null, id);
        }

        return new(Installed(), null, null);
    }

    public ProcessFacts Process()
    {
        var status = (Text(Path.Combine(roots.Proc, "self/status")) ?? "").Split('\n').Select(static line => line.Split(':', 2))
            .Where(static pair => pair.Length == 2)
            .GroupBy(static pair => pair[0]).ToDictionary(static group => group.Key, static group => group.First()[1].Trim());
        _ = ulong.TryParse(status.GetValueOrDefault("CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var able);
        var groups = $"{status.GetValueOrDefault("Gid")} {status.GetValueOrDefault("Groups")}".Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var bluetooth = (Text(Path.Combine(roots.Etc, "group")) ?? "").Split('\n').Select(static line => line.Split(':'))
            .FirstOrDefault(static fields => fields is ["bluetooth", _, _, ..])?[2];
        return new(Environment.UserName, bluetooth is not null && groups.Contains(bluetooth), (able >> NetAdmin & 1) == 1, (able >> NetRaw & 1) == 1);
    }

    /// <summary>What rfkill says of a controller.</summary>
    public Block BlockOf(Controller controller)
    {
        var own = Rfkill.List(roots.Sys).FirstOrDefault(entry => entry.Controller == controller.Index);
        return own is { Hard: true } ? Block.Hard : own is { Soft: true } ? Block.Soft : Block.None;
    }

    public bool? Autosuspends(UsbPlace? usb) =>
        usb is null ? null : Text(Path.Combine(roots.Sys, "bus/usb/devices", usb.Port, "power/control")) is { } control ? control == "auto" : null;

    /// <summary>Opening is the one sure test: modes, access lists and a container's rules all have a say.</summary>
    public static bool? MayWrite(string? node)
    {
        if (node is null) return null;
        try
        {
            using var file = new FileStream(node, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string? Installed(string? preferred = null)
    {
        var there = roots.Programs.Select(static folder => Path.Combine(folder, Daemon)).Where(File.Exists).ToList();
        return there.Find(path => path == preferred) ?? there.FirstOrDefault();
    }

    private bool HasModule(string name) => Directory.Exists(Path.Combine(roots.Sys, "module", name));

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? Text(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
