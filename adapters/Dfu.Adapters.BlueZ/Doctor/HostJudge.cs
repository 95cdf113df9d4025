using System.Globalization;
using Dfu.Adapters.BlueZ.Bus;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>Kernel, bluetoothd, bus and permissions.</summary>
internal static class HostJudge
{
    // Builders of Bluetooth hosts recommend these two or newer.
    private static readonly Version GoodKernel = new(5, 15, 62);
    private static readonly Version GoodBlueZ = new(5, 63);

    // Before it bluetoothd could crash when a device is removed (its change f1839c569).
    private static readonly Version LeastBlueZ = new(5, 56);

    private const string ToUseTheUsualBus = "unset DBUS_SYSTEM_BUS_ADDRESS";
    private const string ToUpgrade = "sudo apt update && sudo apt full-upgrade";

    public static IEnumerable<Finding> Of(HostFacts facts)
    {
        yield return Kernel(facts.KernelRelease);
        if (!facts.HasBluetooth)
            yield return new("Bluetooth", Verdict.Problem, "the kernel has no Bluetooth: its modules are not loaded or not there", "sudo modprobe btusb");
        else if (facts.Adapters.Count == 0) yield return NoController(facts.HasUsbDriver);
        else yield return new(
            "Bluetooth", Verdict.Ok,
            facts.Adapters.Count == 1 ? "one controller" : string.Create(CultureInfo.InvariantCulture, $"{facts.Adapters.Count} controllers"));
        yield return facts.LacksDaemon
            ? new("BlueZ", Verdict.Problem, "bluetoothd was not found on this machine", "sudo apt install bluez")
            : BlueZ(facts.Daemon);
        yield return Bus(facts.Bus, facts.Process);
        foreach (var finding in Permissions(facts.Process)) yield return finding;
    }

    /// <summary>The numbers a release or version begins with; null when there are none.</summary>
    internal static Version? VersionOf(string text)
    {
        var length = text.TakeWhile(static character => char.IsAsciiDigit(character) || character == '.').Count();
        return Version.TryParse(text[..length].Trim('.'), out var version) ? version : null;
    }

    private static Finding Kernel(string release) => VersionOf(release) switch
    {
        null => new("kernel", Verdict.Hint, "it does not say which release it is"),
        var version when version < GoodKernel => new("kernel", Verdict.Hint, $"{release}; {GoodKernel} or newer is recommended for Bluetooth LE", ToUpgrade),
        _ => new("kernel", Verdict.Ok, release),
    };

    private static Finding NoController(bool hasUsbDriver) => hasUsbDriver
        ? new("Bluetooth", Verdict.Problem, "no controller is there", "plug a dongle in; lsusb and 'sudo dmesg | grep -i bluetooth' tell what became of it")
        : new("Bluetooth", Verdict.Problem, "no controller is there, and the driver of USB dongles is not loaded", "sudo modprobe btusb");

    private static Finding BlueZ(DaemonFacts daemon)
    {
        if (daemon.Version is not { } text || VersionOf(text) is not { } version)
            return new("BlueZ", Verdict.Hint, $"its version could not be found out; {LeastBlueZ} is needed, {GoodBlueZ} or newer recommended");
        if (version < LeastBlueZ)
            return new(
                "BlueZ", Verdict.Problem, $"{text}; {LeastBlueZ} is needed: older ones can crash when a device is removed, and that is done after every link",
                ToUpgrade);
        if (version < GoodBlueZ)
            return new(
                "BlueZ", Verdict.Hint,
                $"{text}; {GoodBlueZ} or newer is recommended: before 5.62 the services of a removed device stay cached, before 5.63 asking for the MTU "
                    + "can end a link",
                ToUpgrade);
        return new("BlueZ", Verdict.Ok, text);
    }

    private static Finding Bus(BusFacts bus, ProcessFacts process) => bus.State switch
    {
        BusState.NoBus =>
            new(
                "D-Bus", Verdict.Problem, $"there is no system bus at {BusOpening.Place(bus.Detail)}",
                bus.Foreign ? ToUseTheUsualBus : "sudo systemctl start dbus"),
        BusState.Silent or BusState.Closed when bus.Foreign =>
            new(
                "D-Bus", Verdict.Problem,
                $"the bus that DBUS_SYSTEM_BUS_ADDRESS names cannot be used: {(bus.State == BusState.Silent ? "it does not answer" : bus.Detail)}",
                ToUseTheUsualBus),
        BusState.Silent => new("D-Bus", Verdict.Problem, "the system bus does not answer", "sudo reboot"),
        BusState.Closed => new("D-Bus", Verdict.Problem, $"the system bus does not take this process: {bus.Detail}", "sudo systemctl status dbus"),
        BusState.NoBlueZ =>
            new("D-Bus", Verdict.Problem, "bluetoothd does not run: nobody is org.bluez on the system bus", "sudo systemctl enable --now bluetooth"),
        BusState.BlueZSilent => new("D-Bus", Verdict.Problem, "bluetoothd does not answer", "sudo systemctl restart bluetooth"),
        BusState.Denied when !process.InBluetoothGroup =>
            new(
                "D-Bus", Verdict.Problem, $"the bus does not let {process.User} talk to BlueZ",
                $"sudo usermod -aG bluetooth {process.User}   # and log in again"),
        BusState.Denied =>
            new("D-Bus", Verdict.Problem, $"the bus does not let {process.User} talk to BlueZ: {bus.Detail}", "sudoedit /etc/dbus-1/system.d/bluetooth.conf"),
        _ => new("D-Bus", Verdict.Ok, "BlueZ answers"),
    };

    private static IEnumerable<Finding> Permissions(ProcessFacts process)
    {
        // A root that lacks them runs in a container.
        var remedy = process.User == "root"
            ? "docker run --cap-add=NET_ADMIN --cap-add=NET_RAW --network=host ..."
            : "sudo -E env PATH=\"$PATH\" setpriv --reuid=$(id -u) --regid=$(id -g) --init-groups --inh-caps=+net_admin,+net_raw "
                + "--ambient-caps=+net_admin,+net_raw ./dfu ...   # a service: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW";
        yield return process.MayConfigure
            ? new("CAP_NET_ADMIN", Verdict.Ok, "connection parameters, 2M PHY, the reason of a disconnect, and a power cycle when bluetoothd hangs")
            : new(
                "CAP_NET_ADMIN", Verdict.Hint,
                "missing: links run with the kernel's parameters on the 1M PHY, a disconnect has no reason, and an adapter is not power-cycled when "
                    + "bluetoothd hangs",
                remedy);
        yield return process.MayMonitor
            ? new("CAP_NET_RAW", Verdict.Ok, "the connection parameters in force")
            : new("CAP_NET_RAW", Verdict.Hint, "missing: the connection parameters in force are not seen", process.MayConfigure ? remedy : "");
    }
}
