using Dfu.Adapters.BlueZ.Doctor;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

/// <summary>A machine on which nothing is to be wished for.</summary>
internal static class Facts
{
    public const string GoodSettings = "[General]\nTemporaryTimeout = 300\nExperimental = true\n[GATT]\nCache = no\nChannels = 1\n";

    private static readonly BluetoothAddress Address = BluetoothAddress.Parse("C4:7C:8D:00:11:22");

    public static AdapterFacts Dongle { get; } = new(new Controller(0, new("1-1.2", "/dev/bus/usb/001/004", 0x2fe3, 0x000b, "nRF52840"), null))
    {
        BlueZ = new("hci0", Address, "station", true, true, false, true),
        Abilities = new(Address, "station", 9, 0x59, true, true, true, true, 8),
        MayReset = true,
        Autosuspends = false,
    };

    public static HostFacts Good { get; } = new()
    {
        KernelRelease = "6.1.0-56-amd64",
        HasBluetooth = true,
        HasUsbDriver = true,
        Daemon = new("/usr/libexec/bluetooth/bluetoothd", "5.66", 612),
        Bus = new(BusState.Open, "unix:path=/run/dbus/system_bus_socket"),
        Process = new("pi", true, true, true),
        Settings = MainConf.Parse(GoodSettings),
        Adapters = [Dongle],
    };

    public static HostFacts With(string settings) => Good with { Settings = MainConf.Parse(settings) };

    public static HostFacts With(AdapterFacts adapter) => Good with { Adapters = [adapter] };

    /// <summary>The one finding about a topic.</summary>
    public static Finding Of(HostFacts facts, string topic) => Assert.Single(Judge.Of(facts).Findings, finding => finding.Topic == topic);
}
