using System.Net.Sockets;
using Dfu.Adapters.BlueZ.Doctor;
using Dfu.Adapters.Simulated.Time;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

public sealed class GatheringTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("dfu-doctor-").FullName;
    private readonly HostRoots _roots;

    public GatheringTests() => _roots = new()
    {
        Sys = Path.Combine(_root, "sys"),
        Proc = Path.Combine(_root, "proc"),
        Etc = Path.Combine(_root, "etc"),
        Programs = [Path.Combine(_root, "lib")],
    };

    public void Dispose() => Directory.Delete(_root, true);

    [Fact]
    public async Task An_empty_machine_has_nothing_and_says_so()
    {
        var facts = await Examination.RunAsync(_roots, null, $"unix:path={_root}/no-bus", TimeProvider.System, CancellationToken.None);
        Assert.Equal(("", false, false), (facts.KernelRelease, facts.HasBluetooth, facts.HasUsbDriver));
        Assert.Equal(new DaemonFacts(null, null, null), facts.Daemon);
        Assert.Equal(new BusFacts(BusState.NoBus, $"unix:path={_root}/no-bus") { Foreign = true }, facts.Bus);
        Assert.Null(facts.Settings);
        Assert.False(Judge.Of(facts).Usable);
    }

    [Fact]
    public async Task A_machine_is_read_from_its_files()
    {
        Write("proc/sys/kernel/osrelease", "6.1.0-56-amd64\n");
        Write("proc/self/status", "Name:\tdfu\nGid:\t1000\t1000\t1000\t1000\nGroups:\t27 112 1000 \nCapEff:\t0000000000001000\n");
        Write("proc/612/comm", "bluetoothd\n");
        Write("proc/612/cmdline", Program("5.66") + "\0-E\0");
        Write("etc/group", "root:x:0:\nbluetooth:x:112:pi\n");
        Write("etc/bluetooth/main.conf", "# [GATT]\n[GATT]\n Cache = yes\nCache = no\n#Cache = always\n");
        Write("sys/module/btusb/refcnt", "0");
        Write("sys/class/bluetooth/hci0/uevent", "");
        Write("sys/class/rfkill/rfkill0/type", "wlan\n");
        Write("sys/class/rfkill/rfkill3/type", "bluetooth\n");
        Write("sys/class/rfkill/rfkill3/name", "hci0\n");
        Write("sys/class/rfkill/rfkill3/soft", "1\n");
        Write("sys/class/rfkill/rfkill3/hard", "0\n");

        var facts = await Examination.RunAsync(_roots, null, $"unix:path={_root}/no-bus", TimeProvider.System, CancellationToken.None);

        Assert.Equal(("6.1.0-56-amd64", true, true), (facts.KernelRelease, facts.HasBluetooth, facts.HasUsbDriver));
        Assert.Equal(new DaemonFacts(Program("5.66"), "5.66", 612), facts.Daemon);
        Assert.Equal((true, true, false), (facts.Process.InBluetoothGroup, facts.Process.MayConfigure, facts.Process.MayMonitor));
        Assert.Equal("no", facts.Settings!["GATT", "Cache"]);
        var adapter = Assert.Single(facts.Adapters);
        Assert.Equal(("bluez:hci0", Block.Soft, null, null), (adapter.Controller.Id, adapter.Block, adapter.MayReset, adapter.Autosuspends));
    }

    [Fact]
    public async Task A_program_that_never_answers_has_no_version()
    {
        var program = Script("exec sleep 600");
        Assert.Null(await DaemonVersion.AskAsync(program, new ScaledTime(50, TimeProvider.System), CancellationToken.None));
    }

    [Theory]
    [InlineData("echo 5.66", "5.66")]
    [InlineData("echo; echo 5.66", null)]
    [InlineData("exit 1", null)]
    [InlineData("printf '5.66\\033[31m'", null)]
    public async Task A_program_is_believed_when_it_prints_a_version(string script, string? version) =>
        Assert.Equal(version, await DaemonVersion.AskAsync(Script(script), TimeProvider.System, CancellationToken.None));

    [Fact]
    public void Nothing_is_run_because_a_process_calls_itself_bluetoothd()
    {
        Write("proc/613/comm", "bluetoothd\n");
        Write("proc/613/cmdline", Script("echo 9.99") + "\0");
        Assert.Equal(new DaemonFacts(null, null, 613), new HostFiles(_roots).FindDaemon());
    }

    [Fact]
    public void A_device_node_is_tried_rather_than_its_mode_read()
    {
        Write("node", "");
        Assert.True(HostFiles.MayWrite(Path.Combine(_root, "node")));
        Assert.False(HostFiles.MayWrite(Path.Combine(_root, "gone")));
        Assert.Null(HostFiles.MayWrite(null));
    }

    [Fact]
    public async Task A_bus_that_says_nothing_is_silent_and_not_waited_for()
    {
        var path = Path.Combine(_root, "bus");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var (bus, adapters) = await new BusProbe($"unix:path={path}", new ScaledTime(50, TimeProvider.System)).AskAsync(CancellationToken.None);
        Assert.Equal(BusState.Silent, bus.State);
        Assert.Empty(adapters);
    }

    [Fact]
    public async Task A_bus_that_hangs_up_is_one_that_does_not_take_us()
    {
        var path = Path.Combine(_root, "bus");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var asking = new BusProbe($"unix:path={path}", TimeProvider.System).AskAsync(CancellationToken.None);
        (await listener.AcceptAsync()).Dispose();
        Assert.Equal(BusState.Closed, (await asking).Bus.State);
    }

    private string Program(string version)
    {
        var file = Path.Combine(_root, "lib/bluetoothd");
        if (!File.Exists(file)) Executable(file, $"echo {version}");
        return file;
    }

    private string Script(string text)
    {
        var file = Path.Combine(_root, "program");
        Executable(file, text);
        return file;
    }

    private static void Executable(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
