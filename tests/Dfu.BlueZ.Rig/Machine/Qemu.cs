using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Dfu.BlueZ.Rig.Setup;

namespace Dfu.BlueZ.Rig.Machine;

/// <summary>The emulator's process. It ends with this one, however that ends.</summary>
internal sealed class Qemu : IDisposable
{
    private const string Name = "qemu-system-x86_64";
    private readonly Process _process;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Qemu(Process process) => _process = process;

    public Task Ended => _ended.Task;

    /// <param name="folder">Gets the socket of the port, the console's output and the emulator's own.</param>
    /// <param name="shares">Folders the machine sees, by tag; the one called share is writable.</param>
    public static async Task<Qemu> StartAsync(Parts parts, string folder, IReadOnlyDictionary<string, string> shares, int processors, bool kvm)
    {
        List<string> arguments =
        [
            "-accel", kvm ? "kvm" : "tcg,thread=multi", "-cpu", "max", "-smp", processors.ToString(CultureInfo.InvariantCulture), "-m", "2048",
            "-M", "pc,usb=off,vmport=off", "-nodefaults", "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot",
            "-serial", $"file:{Path.Combine(folder, "console")}", "-kernel", parts.Kernel, "-initrd", parts.Initramfs,
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable audit=0 selinux=0 apparmor=0",
            "-device", "virtio-serial-pci", "-chardev", $"socket,id=port,path={Path.Combine(folder, "port")},server=on,wait=off",
            "-device", "virtserialport,chardev=port,name=rig",
        ];
        foreach (var (tag, path) in shares)
        {
            var access = tag == "share" ? "" : ",readonly=on";
            var escaped = path.Replace(",", ",,", StringComparison.Ordinal);
            arguments.AddRange(["-virtfs", $"local,path={escaped},mount_tag={tag},security_model=none,multidevs=remap{access}"]);
        }

        var log = Path.Combine(folder, "qemu");
        // A session of its own: a terminal's Ctrl-C is for this process to act on. The kernel sends the signal when the thread that started
        // the process ends, so a thread of its own sees it through.
        var start = new ProcessStartInfo(
            "setsid",
            ["setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", log, .. Program(parts, out var environment),
                .. arguments]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var started = new TaskCompletionSource<Qemu>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => See(start, started)) { IsBackground = true, Name = Name }.Start();
        return await started.Task;
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    public void Dispose() => _process.Dispose();

    private static void See(ProcessStartInfo start, TaskCompletionSource<Qemu> started)
    {
        try
        {
            var qemu = new Qemu(Process.Start(start)!);
            started.SetResult(qemu);
            qemu._process.WaitForExit();
            qemu._ended.SetResult();
        }
        catch (Win32Exception e)
        {
            started.SetException(new RigException($"the emulator cannot be started: {e.Message}"));
        }
    }

    /// <summary>The host's emulator, or the unpacked one with its libraries and ROMs.</summary>
    private static string[] Program(Parts parts, out Dictionary<string, string> environment)
    {
        environment = [];
        if (!Directory.Exists(parts.Qemu)) return [Name];
        var usr = Path.Combine(parts.Qemu, "usr");
        var libraries = Path.Combine(usr, "lib/x86_64-linux-gnu");
        environment["LD_LIBRARY_PATH"] = libraries;
        environment["QEMU_MODULE_DIR"] = Path.Combine(libraries, "qemu");
        return [Path.Combine(usr, "bin", Name), "-L", Path.Combine(usr, "share/qemu"), "-L", Path.Combine(usr, "share/seabios"), "-L",
            Path.Combine(usr, "lib/ipxe/qemu")];
    }
}
