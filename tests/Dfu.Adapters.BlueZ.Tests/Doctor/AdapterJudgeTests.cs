using Dfu.Adapters.BlueZ.Doctor;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

public sealed class AdapterJudgeTests
{
    public static TheoryData<string, string, string> Troubles() => new()
    {
        { "no LE", "LE", "ControllerMode = dual" },
        { "hard", "rfkill", "switch" },
        { "soft", "rfkill", "sudo rfkill unblock bluetooth" },
        { "no central", "central", "" },
        { "unknown to BlueZ", "BlueZ", "journalctl -u bluetooth" },
    };

    public static TheoryData<string, string, string> Wishes() => new()
    {
        { "off", "power", "bluetoothctl power on" },
        { "scans", "scan", "bluetoothctl scan off" },
        { "no ConnectDevice", "ConnectDevice", "sudo systemctl restart bluetooth" },
        { "4.1", "radio", "Bluetooth 5" },
        { "1M", "radio", "Bluetooth 5" },
        { "few buffers", "buffers", "--max-concurrency" },
        { "no reset", "USB reset", "60-dfu-dongles.rules" },
        { "sleeps", "USB power", "/sys/bus/usb/devices/1-1.2/power/control" },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    public void What_makes_an_adapter_useless_is_its_own_problem(string trouble, string topic, string remedy)
    {
        var bad = Troubled(trouble);
        var finding = Assert.Single(Judge.Of(Facts.With(bad)).Findings, finding => finding is { Verdict: Verdict.Problem });
        Assert.Equal((topic, "bluez:usb-1-1.2"), (finding.Topic, finding.Adapter));
        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
        Assert.False(Judge.Of(Facts.With(bad)).Usable);

        var beside = Judge.Of(Facts.Good with { Adapters = [bad, Facts.Dongle with { Controller = new(1, null, null) }] });
        Assert.True(beside.Usable);
        Assert.Equal([false, true], beside.Adapters.Select(adapter => adapter.Usable));
    }

    [Theory]
    [MemberData(nameof(Wishes))]
    public void What_only_slows_updates_is_a_hint(string wish, string topic, string remedy)
    {
        var checkup = Judge.Of(Facts.With(Troubled(wish)));
        Assert.True(checkup.Usable);
        var finding = Assert.Single(checkup.Findings, finding => finding.Verdict != Verdict.Ok);
        Assert.Equal((Verdict.Hint, topic), (finding.Verdict, finding.Topic));
        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_to_copy_into_main_conf_has_nothing_behind_its_value()
    {
        var facts = Facts.With("[General]\nTemporaryTimeout = 300\n[GATT]\nCache = no\n") with { Adapters = [Troubled("no ConnectDevice")] };
        Assert.Equal("/etc/bluetooth/main.conf, [General]: Experimental = true", Facts.Of(facts, "ConnectDevice").Remedy);
    }

    [Fact]
    public void An_adapter_is_shown_with_all_that_is_known_of_it() => Assert.Equal(
        new CheckedAdapter("bluez:usb-1-1.2")
        {
            Name = "hci0", Address = "C4:7C:8D:00:11:22", Alias = "station", Powered = true, LowEnergy = true, Central = true,
            UsbId = "2fe3:000b", Product = "nRF52840",
            HciVersion = 9, Phy2M = true, AclBuffers = 8, Blocked = "none", ConnectsUnheard = true, Usable = true,
        },
        Assert.Single(Judge.Of(Facts.Good).Adapters));

    [Fact]
    public void What_nobody_tells_is_unknown_and_no_finding()
    {
        var checkup = Judge.Of(Facts.With(new AdapterFacts(new(3, null, null)) { BlueZ = new("hci3", null, "", true, null, false, null) }));
        Assert.Equal(
            new CheckedAdapter("bluez:hci3") { Name = "hci3", Alias = "", Powered = true, Blocked = "none", Usable = true }, Assert.Single(checkup.Adapters));
        Assert.DoesNotContain(checkup.Findings, finding => finding.Adapter.Length > 0);
    }

    private static AdapterFacts Troubled(string by) => by switch
    {
        "no LE" => Facts.Dongle with { Abilities = Facts.Dongle.Abilities! with { LowEnergy = false } },
        "hard" => Facts.Dongle with { Block = Block.Hard },
        "soft" => Facts.Dongle with { Block = Block.Soft, BlueZ = Facts.Dongle.BlueZ! with { Powered = false } },
        "no central" => Facts.Dongle with { BlueZ = Facts.Dongle.BlueZ! with { Central = false } },
        "unknown to BlueZ" => Facts.Dongle with { BlueZ = null },
        "off" => Facts.Dongle with { BlueZ = Facts.Dongle.BlueZ! with { Powered = false } },
        "scans" => Facts.Dongle with { BlueZ = Facts.Dongle.BlueZ! with { Discovering = true } },
        "no ConnectDevice" => Facts.Dongle with { BlueZ = Facts.Dongle.BlueZ! with { ConnectsUnheard = false } },
        "4.1" => Facts.Dongle with { Abilities = Facts.Dongle.Abilities! with { HciVersion = 7, Phy2M = false } },
        "1M" => Facts.Dongle with { Abilities = Facts.Dongle.Abilities! with { Phy2M = false } },
        "few buffers" => Facts.Dongle with { Abilities = Facts.Dongle.Abilities! with { AclBuffers = 3 } },
        "no reset" => Facts.Dongle with { MayReset = false },
        "sleeps" => Facts.Dongle with { Autosuspends = true },
        _ => throw new ArgumentOutOfRangeException(nameof(by), by, null),
    };
}
