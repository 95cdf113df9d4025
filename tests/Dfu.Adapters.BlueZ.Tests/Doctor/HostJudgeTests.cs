using Dfu.Adapters.BlueZ.Doctor;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

public sealed class HostJudgeTests
{
    [Fact]
    public void A_good_machine_has_nothing_but_ok_and_no_remedy()
    {
        var checkup = Judge.Of(Facts.Good);
        Assert.True(checkup.Usable);
        Assert.Equal(("6.1.0-56-amd64", "5.66"), (checkup.Kernel, checkup.BlueZ));
        Assert.All(checkup.Findings, finding => Assert.Equal((Verdict.Ok, ""), (finding.Verdict, finding.Remedy)));
        Assert.True(Assert.Single(checkup.Adapters).Usable);
    }

    [Theory]
    [InlineData("6.1.0-56-amd64", Verdict.Ok)]
    [InlineData("5.15.62", Verdict.Ok)]
    [InlineData("5.15.61-v7+", Verdict.Hint)]
    [InlineData("5.9-rc1", Verdict.Hint)]
    [InlineData("6", Verdict.Hint)]
    [InlineData("", Verdict.Hint)]
    internal void Kernels_before_5_15_62_get_a_hint(string release, Verdict verdict) =>
        Assert.Equal(verdict, Facts.Of(Facts.Good with { KernelRelease = release }, "kernel").Verdict);

    [Theory]
    [InlineData("5.55", Verdict.Problem, "can crash")]
    [InlineData("5.56", Verdict.Hint, "stay cached")]
    [InlineData("5.62", Verdict.Hint, "asking for the MTU")]
    [InlineData("5.63", Verdict.Ok, "5.63")]
    [InlineData("5.66", Verdict.Ok, "5.66")]
    [InlineData(null, Verdict.Hint, "could not be found out")]
    [InlineData("none of your business", Verdict.Hint, "could not be found out")]
    internal void BlueZ_is_needed_from_5_56_and_recommended_from_5_63(string? version, Verdict verdict, string why)
    {
        var facts = Facts.Good with { Daemon = Facts.Good.Daemon with { Version = version } };
        var finding = Facts.Of(facts, "BlueZ");
        Assert.Equal(verdict, finding.Verdict);
        Assert.Contains(why, finding.Text, StringComparison.Ordinal);
        Assert.Equal(verdict != Verdict.Problem, Judge.Of(facts).Usable);
    }

    [Theory]
    [InlineData(BusState.NoBus, "sudo systemctl start dbus")]
    [InlineData(BusState.Silent, "sudo reboot")]
    [InlineData(BusState.Closed, "sudo systemctl status dbus")]
    [InlineData(BusState.NoBlueZ, "sudo systemctl enable --now bluetooth")]
    [InlineData(BusState.BlueZSilent, "sudo systemctl restart bluetooth")]
    [InlineData(BusState.Denied, "sudoedit /etc/dbus-1/system.d/bluetooth.conf")]
    internal void Whatever_keeps_us_from_BlueZ_makes_every_update_impossible_and_has_its_remedy(BusState state, string remedy)
    {
        var facts = Facts.Good with { Bus = new(state, "x") };
        var finding = Facts.Of(facts, "D-Bus");
        Assert.Equal((Verdict.Problem, remedy), (finding.Verdict, finding.Remedy));
        Assert.False(Judge.Of(facts).Usable);
        Assert.False(Judge.Of(facts).Adapters[0].Usable);
    }

    [Theory]
    [InlineData(BusState.NoBus, "/x")]
    [InlineData(BusState.Silent, "does not answer")]
    [InlineData(BusState.Closed, "DBUS_SYSTEM_BUS_ADDRESS")]
    internal void A_bus_that_somebody_set_is_set_back_not_started(BusState state, string what)
    {
        var finding = Facts.Of(Facts.Good with { Bus = new(state, "unix:path=/x") { Foreign = true } }, "D-Bus");
        Assert.Equal((Verdict.Problem, "unset DBUS_SYSTEM_BUS_ADDRESS"), (finding.Verdict, finding.Remedy));
        Assert.Contains(what, finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BusState.NoBus)]
    [InlineData(BusState.Closed)]
    [InlineData(BusState.Silent)]
    [InlineData(BusState.NoBlueZ)]
    internal void Where_there_is_no_bluetoothd_its_settings_are_not_talked_of(BusState state)
    {
        var checkup = Judge.Of(new HostFacts { Bus = new(state, "x") });
        Assert.Contains(checkup.Findings, finding => finding is { Topic: "BlueZ", Remedy: "sudo apt install bluez" });
        Assert.DoesNotContain(checkup.Findings, finding => finding.Topic == "Cache");
    }

    [Fact]
    public void Who_is_denied_and_not_in_the_group_is_told_to_join_it()
    {
        var finding = Facts.Of(Facts.Good with { Bus = new(BusState.Denied, "x"), Process = new("pi", false, true, true) }, "D-Bus");
        Assert.StartsWith("sudo usermod -aG bluetooth pi", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_Bluetooth_lacks_modules_bluetoothd_and_a_bus()
    {
        var facts = new HostFacts { KernelRelease = "6.1.0", Bus = new(BusState.NoBus, "unix:path=/run/dbus/system_bus_socket") };
        var checkup = Judge.Of(facts);
        Assert.False(checkup.Usable);
        Assert.Equal(["Bluetooth", "BlueZ", "D-Bus"], checkup.Findings.Where(finding => finding.Verdict == Verdict.Problem).Select(finding => finding.Topic));
        Assert.DoesNotContain(checkup.Findings, finding => finding.Topic == "Cache");
        Assert.Equal("sudo apt install bluez", Facts.Of(facts, "BlueZ").Remedy);
    }

    [Theory]
    [InlineData(true, "lsusb")]
    [InlineData(false, "sudo modprobe btusb")]
    public void No_controller_is_a_problem_with_or_without_the_driver(bool hasDriver, string remedy)
    {
        var facts = Facts.Good with { Adapters = [], HasUsbDriver = hasDriver };
        Assert.Contains(remedy, Facts.Of(facts, "Bluetooth").Remedy, StringComparison.Ordinal);
        Assert.False(Judge.Of(facts).Usable);
    }

    [Fact]
    public void Without_capabilities_updates_work_and_the_hint_says_what_is_lost()
    {
        var facts = Facts.Good with { Process = new("pi", true, false, false) };
        Assert.True(Judge.Of(facts).Usable);
        Assert.Equal(Verdict.Hint, Facts.Of(facts, "CAP_NET_ADMIN").Verdict);
        Assert.Contains("power-cycled", Facts.Of(facts, "CAP_NET_ADMIN").Text, StringComparison.Ordinal);
        Assert.Contains("AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW", Facts.Of(facts, "CAP_NET_ADMIN").Remedy, StringComparison.Ordinal);
        Assert.Equal(Verdict.Hint, Facts.Of(facts, "CAP_NET_RAW").Verdict);
    }
}
