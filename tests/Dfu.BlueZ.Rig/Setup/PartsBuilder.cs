using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Dfu.BlueZ.Rig.Setup;

/// <summary>Gets the machine's parts from Debian's packages, once: downloads what is missing and unpacks it in the cache.</summary>
internal sealed class PartsBuilder(string cache)
{
    /// <summary>Changed when what is unpacked changes.</summary>
    private const string Recipe = "1";
    private const string Emulator = "qemu-system-x86_64";

    /// <summary>In the guest, whatever the host has.</summary>
    private static readonly string[] Always = ["bluez", "busybox-static", "kmod"];

    /// <summary>Taken from the host's /usr where it has them.</summary>
    private static readonly string[] WhereMissing =
    [
        "dbus-daemon", "dbus-bin", "dbus-system-bus-common", "libapparmor1", "libasound2", "libaudit1", "libcap-ng0", "libdbus-1-3", "libdw1", "libelf1",
        "libexpat1",
        "libglib2.0-0", "libsystemd0",
    ];

    /// <summary>Of the kernel's modules, about 400 MB, what Bluetooth and sharing folders need.</summary>
    private static readonly string[] Modules =
    [
        "modules.", "kernel/arch/", "kernel/crypto/", "kernel/lib/", "kernel/drivers/bluetooth/", "kernel/drivers/char/", "kernel/drivers/hid/",
        "kernel/drivers/virtio/",
        "kernel/fs/9p/", "kernel/fs/fscache/", "kernel/fs/netfs/", "kernel/fs/overlayfs/", "kernel/net/9p/", "kernel/net/bluetooth/", "kernel/net/rfkill/",
    ];

    /// <summary>Those the first root cannot do without.</summary>
    private static readonly string[] FirstModules = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"];

    private readonly string _packages = Path.Combine(cache, "packages");

    /// <param name="tell">Is told what was done.</param>
    /// <exception cref="RigException">This host cannot run the machine, or the parts cannot be had.</exception>
    public async Task<Parts> BuildAsync(Action<string> tell, CancellationToken stop)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
            throw new RigException($"it needs Linux on amd64, this is {RuntimeInformation.RuntimeIdentifier}");
        var parts = new Parts(Path.Combine(cache, $"machine-{await KeyAsync(stop)}"));
        if (Directory.Exists(parts.Folder)) return parts;

        foreach (var tool in new[] { "apt-get", "dpkg-deb", "setpriv", "ldd" })
        {
            if (!Tool.Exists(tool)) throw new RigException($"it takes its parts from Debian's packages, and there is no {tool} here");
        }

        Directory.CreateDirectory(_packages);
        await using var one = Lock();
        if (Directory.Exists(parts.Folder)) return parts;
        foreach (var old in Directory.EnumerateDirectories(cache, "machine-*")) Directory.Delete(old, true);
        var apt = new Apt(_packages);
        var kernelName = await KernelAsync(apt, stop);
        var missing = new List<string>();
        foreach (var name in WhereMissing)
        {
            if (!await apt.IsInstalledAsync(name, stop)) missing.Add(name);
        }

        var kernel = await apt.FindAsync([kernelName], stop);
        var guest = await apt.FindAsync([.. Always, .. missing], stop);
        var qemu = Tool.Exists(Emulator) ? [] : await apt.FindWithDependenciesAsync("qemu-system-x86", stop);
        DebianPackage[] all = [.. kernel, .. guest, .. qemu];
        var bytes = await apt.DownloadAsync(all, stop);
        tell(string.Create(CultureInfo.InvariantCulture, $"{all.Length} packages of Debian's, {bytes / 1e6:0} MB of them downloaded now"));

        var unfinished = new Parts(Path.Combine(cache, "unfinished"));
        if (Directory.Exists(unfinished.Folder)) Directory.Delete(unfinished.Folder, true);
        foreach (var package in guest) await Archive.UnpackAsync(Of(package), unfinished.Guest, static _ => true, stop);
        foreach (var package in qemu) await Archive.UnpackAsync(Of(package), unfinished.Qemu, static _ => true, stop);
        await UnpackKernelAsync(Of(kernel[0]), unfinished, stop);
        await CheckLibrariesAsync(unfinished, stop);
        Directory.Move(unfinished.Folder, parts.Folder);
        tell("unpacked, nothing was installed");
        return parts;
    }

    private string Of(DebianPackage package) => Path.Combine(_packages, package.File);

    /// <summary>Other parts for another recipe, first process or set of libraries on the host.</summary>
    private static async Task<string> KeyAsync(CancellationToken stop)
    {
        var init = await File.ReadAllTextAsync(InitFile, stop);
        var host = File.Exists("/etc/debian_version") ? await File.ReadAllTextAsync("/etc/debian_version", stop) : "";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Recipe + init + host + Tool.Find(Emulator))))[..12];
    }

    private static string InitFile => Path.Combine(AppContext.BaseDirectory, "Guest", "init");

    private FileStream Lock()
    {
        try
        {
            return new(Path.Combine(cache, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new RigException($"another run is making the machine in {cache}");
        }
    }

    private static async Task<string> KernelAsync(Apt apt, CancellationToken stop)
    {
        const string Package = "linux-image-amd64";
        if (await apt.FirstDependencyAsync(Package, "linux-image-", stop) is { } known) return known;
        // Perhaps there are no package lists yet: asking for the files gets them.
        await apt.FindAsync([Package], stop);
        return await apt.FirstDependencyAsync(Package, "linux-image-", stop) ?? throw new RigException($"apt does not say which kernel {Package} stands for");
    }

    private static async Task UnpackKernelAsync(string package, Parts parts, CancellationToken stop)
    {
        await Archive.UnpackAsync(package, parts.Guest, static path =>
            path.StartsWith("boot/vmlinuz", StringComparison.Ordinal) || path.Split('/', 5) is ["usr", "lib", "modules", _, var rest]
                && Modules.Any(module => rest.StartsWith(module, StringComparison.Ordinal)), stop);
        File.Move(Directory.GetFiles(Path.Combine(parts.Guest, "boot"))[0], parts.Kernel);
        Directory.Delete(Path.Combine(parts.Guest, "boot"));
        var modules = Directory.GetDirectories(Path.Combine(parts.Guest, "usr/lib/modules"))[0];

        // kmod is many programs, told apart by name; a link for its own eyes makes /lib what it is in the machine.
        var (depmod, lib) = (Path.Combine(parts.Folder, "depmod"), Path.Combine(parts.Guest, "lib"));
        File.CreateSymbolicLink(depmod, Path.Combine(parts.Guest, "usr/bin/kmod"));
        File.CreateSymbolicLink(lib, "usr/lib");
        var result = await Tool.RunAsync(parts.Folder, depmod, ["--basedir", parts.Guest, Path.GetFileName(modules)], stop);
        File.Delete(depmod);
        File.Delete(lib);
        if (result.Status != 0) throw new RigException($"the modules' dependencies cannot be told: {result.Errors}");

        using var initramfs = new Initramfs(File.Create(parts.Initramfs));
        foreach (var folder in new[] { "bin", "modules", "proc", "sys", "dev", "lower", "new" }) initramfs.AddFolder(folder);
        initramfs.AddFile("init", await File.ReadAllBytesAsync(InitFile, stop));
        initramfs.AddFile("bin/busybox", await File.ReadAllBytesAsync(Path.Combine(parts.Guest, "usr/bin/busybox"), stop));
        string[] order = [.. InOrder(await File.ReadAllLinesAsync(Path.Combine(modules, "modules.dep"), stop))];
        foreach (var module in order)
            initramfs.AddFile($"modules/{Path.GetFileName(module)}", await File.ReadAllBytesAsync(Path.Combine(modules, module), stop));
        initramfs.AddFile("modules/order", Encoding.ASCII.GetBytes(string.Join('\n', order.Select(Path.GetFileName)) + "\n"));
    }

    /// <summary>MODULE: what it needs, nearest first. Those built into the kernel have no line.</summary>
    private static IEnumerable<string> InOrder(string[] dependencies) => FirstModules
        .SelectMany(module => dependencies.Where(line => Path.GetFileName(line.Split(':')[0]) == $"{module}.ko"))
        .SelectMany(static line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries).Reverse()).Distinct();

    /// <summary>bluetoothd and the bus run in the machine with the host's libraries: better to name one that is missing than to have them not start.</summary>
    private static async Task CheckLibrariesAsync(Parts parts, CancellationToken stop)
    {
        var libraries = Path.Combine(parts.Guest, "usr/lib/x86_64-linux-gnu");
        foreach (var program in new[] { "usr/libexec/bluetooth/bluetoothd", "usr/bin/dbus-daemon", "usr/bin/dbus-send" })
        {
            var ours = Path.Combine(parts.Guest, program);
            var result = await Tool.RunAsync(parts.Folder, "env", [$"LD_LIBRARY_PATH={libraries}", "ldd", File.Exists(ours) ? ours : $"/{program}"], stop);
            if (result.Lines.FirstOrDefault(static line => line.Contains("not found", StringComparison.Ordinal)) is { } lacking)
                throw new RigException($"{Path.GetFileName(program)} would not run: this host lacks {lacking.Trim().Split(' ')[0]}");
        }
    }
}
