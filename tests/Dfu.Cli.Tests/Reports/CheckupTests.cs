using System.Text.Json;
using Dfu.Adapters;
using Dfu.Cli.Reports;

namespace Dfu.Cli.Tests.Reports;

public sealed class CheckupTests
{
    private static readonly CheckedAdapter Dongle = new("bluez:usb-1-1.2")
    {
        Name = "hci0", Address = "C4:7C:8D:00:11:22", Powered = true, UsbId = "2fe3:000b", Product = "nRF\u001b[31m",
        HciVersion = 9, Blocked = "none", Usable = true,
    };

    private static readonly CheckedAdapter Other = new("bluez:hci1") { Name = "hci1", Blocked = "soft", Usable = false };

    private static readonly Checkup Station = new(
        true,
        "6.1.0",
        "5.66",
        [Dongle, Other],
        [
            new("kernel", Verdict.Ok, "6.1.0"),
            new("Cache", Verdict.Hint, "always, the default", "/etc/bluetooth/main.conf, [GATT]: Cache = no"),
            new("radio", Verdict.Ok, "Bluetooth 5.0", "", "bluez:usb-1-1.2"),
            new("rfkill", Verdict.Problem, "rfkill blocks it", "sudo rfkill unblock bluetooth && echo \"$HOME\"", "bluez:hci1"),
        ]);

    [Fact]
    public void The_sheet_has_the_verdict_then_the_machine_then_every_adapter() => Assert.Equal(
        [
            "",
            "  ✓ An update could work over 1 of 2 adapters. 1 thing could be better.",
            "",
            "  ✓ kernel  6.1.0",
            "  ! Cache   always, the default",
            "            → /etc/bluetooth/main.conf, [GATT]: Cache = no",
            "",
            "  bluez:usb-1-1.2  hci0, C4:7C:8D:00:11:22, nRF [31m (USB 2fe3:000b)",
            "",
            "  ✓ radio  Bluetooth 5.0",
            "",
            "  bluez:hci1  hci1",
            "",
            "  ✗ rfkill  rfkill blocks it",
            "            → sudo rfkill unblock bluetooth && echo \"$HOME\"",
            "",
            "",
        ],
        Sheet(Station));

    [Fact]
    public void Where_nothing_can_work_the_first_line_says_so() =>
        Assert.Equal("  ✗ No update could work over this machine's Bluetooth.", Sheet(Station with { Usable = false })[1]);

    [Fact]
    public void The_document_keeps_names_order_and_remedies_as_they_stand()
    {
        var json = CheckupDocument.Of(Station).ToJson();
        using var document = JsonDocument.Parse(json);
        Assert.Equal(["usable", "kernel", "bluez", "adapters", "findings"], Names(document.RootElement));
        var adapters = document.RootElement.GetProperty("adapters");
        Assert.Equal(
            [
                "id", "name", "address", "alias", "powered", "lowEnergy", "central", "usbId", "product", "hciVersion", "phy2M",
                "aclBuffers", "blocked", "connectsUnheard", "usable",
            ],
            Names(adapters[0]));
        Assert.Equal(JsonValueKind.Null, adapters[1].GetProperty("address").ValueKind);
        var findings = document.RootElement.GetProperty("findings");
        Assert.Equal(["topic", "verdict", "text", "remedy", "adapter"], Names(findings[0]));
        Assert.Equal(
            (4, JsonValueKind.Null, "problem", "bluez:hci1"),
            (
                findings.GetArrayLength(),
                findings[0].GetProperty("adapter").ValueKind,
                findings[3].GetProperty("verdict").GetString(),
                findings[3].GetProperty("adapter").GetString()));
        Assert.Contains("&& echo \\\"$HOME\\\"", json, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private static string[] Sheet(Checkup checkup)
    {
        var writer = new StringWriter { NewLine = "\n" };
        CheckupSheet.Write(Terminal.Plain(writer), checkup);
        return writer.ToString().Split('\n');
    }
}
