using System.Globalization;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>One adapter.</summary>
internal static class AdapterJudge
{
    private const int FewBuffers = 4;

    // Bluetooth 4.2, which brought packets of more than 27 bytes.
    private const int LongPackets = 8;
    private const string ToGetTheRules =
        "sudo cp docs/station/60-dfu-dongles.rules /etc/udev/rules.d/ && sudo udevadm control --reload && sudo udevadm trigger";

    public static IEnumerable<Finding> Of(AdapterFacts adapter, HostFacts facts)
    {
        var controller = adapter.Controller;
        if (adapter.Abilities is { LowEnergy: false })
            yield return new(
                "LE", Verdict.Problem, "it has no Bluetooth LE, or LE is turned off",
                SettingsJudge.Line(facts.SettingsPath, "General", "ControllerMode = dual"));
        if (adapter.Block == Block.Hard)
            yield return new("rfkill", Verdict.Problem, "a switch of this machine has it off", "turn the switch or key for radios on; rfkill list shows it");
        if (adapter.Block == Block.Soft) yield return new("rfkill", Verdict.Problem, "rfkill blocks it", "sudo rfkill unblock bluetooth");
        if (adapter.BlueZ is { } known)
        {
            if (known.Central == false) yield return new("central", Verdict.Problem, "it cannot connect to devices: it has no central role");
            if (!known.Powered && adapter.Block == Block.None)
                yield return new("power", Verdict.Hint, "it is off, and is turned on for an update", "bluetoothctl power on");
            if (known.Discovering)
                yield return new(
                    "scan", Verdict.Hint, "another program scans on it, and takes time from its links", "bluetoothctl scan off   # or stop that program");
            if (known.ConnectsUnheard == false)
            {
                yield return new(
                    "ConnectDevice",
                    Verdict.Hint,
                    "bluetoothd runs without its experimental methods, so this adapter must hear a device itself before it connects",
                    facts.Settings?.Flag("General", "Experimental") == true
                        ? "sudo systemctl restart bluetooth"
                        : SettingsJudge.Line(facts.SettingsPath, "General", "Experimental = true"));
            }
        }
        else if (facts.Bus.State == BusState.Open)
        {
            yield return new(
                "BlueZ", Verdict.Problem, $"bluetoothd does not have {controller.Name}",
                "sudo systemctl restart bluetooth   # journalctl -u bluetooth tells why");
        }

        if (adapter.Abilities is { } abilities)
        {
            if (abilities is { HciVersion: > 0 and < LongPackets })
                yield return new(
                    "radio", Verdict.Hint, $"{Radio(adapter)}: no long packets before 4.2, so it is several times slower than a newer one",
                    "use a dongle with Bluetooth 5");
            else if (abilities.Phy2M == false)
                yield return new("radio", Verdict.Hint, $"{Radio(adapter)}: no 2M PHY", "use a dongle with Bluetooth 5 for twice the air speed");
            else yield return new("radio", Verdict.Ok, Radio(adapter));
            if (abilities.AclBuffers is > 0 and < FewBuffers and var few)
                yield return new(
                    "buffers", Verdict.Hint,
                    string.Create(CultureInfo.InvariantCulture, $"it queues {few} packets for all links together, so one slow device holds up the others"),
                    "--max-concurrency 2, or more dongles");
        }

        if (adapter.MayReset == false)
            yield return new("USB reset", Verdict.Hint, $"this process may not write to {controller.Usb?.Node}, so a hung dongle is not reset", ToGetTheRules);
        if (adapter.Autosuspends == true)
            yield return new(
                "USB power", Verdict.Hint, "the kernel may put the dongle to sleep",
                $"echo on | sudo tee /sys/bus/usb/devices/{controller.Usb?.Port}/power/control   # for good: {ToGetTheRules}");
    }

    public static CheckedAdapter Row(AdapterFacts adapter, bool usable) => new(adapter.Controller.Id)
    {
        Name = adapter.Controller.Name,
        Address = (adapter.BlueZ?.Address ?? adapter.Controller.Address ?? adapter.Abilities?.Address)?.ToString(),
        Alias = adapter.BlueZ?.Alias,
        Powered = adapter.BlueZ?.Powered ?? adapter.Abilities?.Powered,
        LowEnergy = adapter.Abilities?.LowEnergy,
        Central = adapter.BlueZ?.Central,
        UsbId = adapter.Controller.Usb is { } usb ? string.Create(CultureInfo.InvariantCulture, $"{usb.VendorId:x4}:{usb.ProductId:x4}") : null,
        Product = adapter.Controller.Usb is { Product: { Length: > 0 } product } ? product : null,
        HciVersion = adapter.Abilities?.HciVersion,
        Phy2M = adapter.Abilities?.Phy2M,
        AclBuffers = adapter.Abilities?.AclBuffers,
        Blocked = adapter.Block.ToString().ToLowerInvariant(),
        ConnectsUnheard = adapter.BlueZ?.ConnectsUnheard,
        Usable = usable,
    };

    private static string Radio(AdapterFacts adapter)
    {
        var abilities = adapter.Abilities!;
        var text = $"Bluetooth {Release(abilities.HciVersion)}";
        if (abilities.Phy2M == true) text += ", 2M PHY";
        if (abilities.AclBuffers is > 0 and var buffers) text += string.Create(CultureInfo.InvariantCulture, $", queues {buffers} packets");
        return text;
    }

    /// <summary>Assigned Numbers, HCI_Version.</summary>
    private static string Release(int hciVersion) => hciVersion switch
    {
        6 => "4.0",
        7 => "4.1",
        8 => "4.2",
        >= 9 and <= 13 => string.Create(CultureInfo.InvariantCulture, $"5.{hciVersion - 9}"),
        14 => "6.0",
        15 => "6.1",
        _ => string.Create(CultureInfo.InvariantCulture, $"with HCI version {hciVersion}"),
    };
}
