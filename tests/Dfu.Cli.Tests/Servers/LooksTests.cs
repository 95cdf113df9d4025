using System.Text.Json.Nodes;
using System.Xml.Linq;
using Dfu.Cli.Tests.Commands;

namespace Dfu.Cli.Tests.Servers;

/// <summary>Looking at what a server has done, in this process, at a server in this process.</summary>
public sealed class LooksTests(ServedFleet fleet) : IClassFixture<ServedFleet>
{
    [Fact]
    public async Task What_a_campaign_leaves_behind_is_there_to_look_at()
    {
        Assert.Contains("nothing was changed yet", Assert.Single((await fleet.RunAsync("audit")).Error), StringComparison.Ordinal);
        Assert.Contains("no campaign had a device yet", Assert.Single((await fleet.RunAsync("device", "list")).Error), StringComparison.Ordinal);
        PackageMaker.Write(fleet["p.zip"], 8192);
        Assert.Equal(0, (await fleet.RunAsync("campaign", "create", fleet["p.zip"], "--all", "--count", "6", "--title", "Looks", "--watch")).Code);

        var listed = Json(await fleet.RunAsync("device", "list", "--campaign", "looks", "--json"))["devices"]!.AsArray();
        Assert.Equal(6, listed.Count);
        Assert.All(listed, device => Assert.Equal("updated", (string?)device!["outcome"]));
        Assert.Equal(7, (await fleet.RunAsync("device", "list")).Output.TrimEnd().Split('\n').Length);

        var address = (string)listed[0]!["device"]!;
        var shown = Json(await fleet.RunAsync("device", "show", (string)listed[0]!["bootloader"]!, "--json"));
        Assert.Equal((address, "updated"), ((string?)shown["device"], (string?)shown["update"]!["outcome"]));
        Assert.Equal("station-1", (string?)shown["update"]!["host"]);
        Assert.NotEmpty(shown["images"]!.AsArray());
        var sheet = await fleet.RunAsync("device", "show", address);
        Assert.Contains("Where the time went", sheet.Output, StringComparison.Ordinal);
        Assert.Contains("settings page erased", sheet.Output, StringComparison.Ordinal);

        var history = Json(await fleet.RunAsync("device", "history", address, "--json"))["entries"]!.AsArray();
        Assert.Equal("outcome", (string?)history[^1]!["kind"]);
        Assert.Equal(history.Count + 1, (await fleet.RunAsync("device", "history", address)).Output.TrimEnd().Split('\n').Length);

        await ReportedAsync();
        await AdapterAsync();

        var audit = await AuditAsync("adapterResumed");
        Assert.Equal(
            ["campaignCreated", "campaignEnded", "adapterDrained", "adapterResumed"],
            audit.Where(action => !action.EndsWith("Tested", StringComparison.Ordinal)));
        var last = await fleet.RunAsync("audit", "--last", "1", "--subject", (string)shown["campaign"]!);
        Assert.Contains("campaignEnded", last.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal(2, last.Output.TrimEnd().Split('\n').Length);
    }

    /// <summary>What was done, once the last of it is there: it is told to the audit a moment after it was stored.</summary>
    private async Task<List<string>> AuditAsync(string last)
    {
        for (var left = 100; ; left--)
        {
            var actions = Json(await fleet.RunAsync("audit", "--json"))["entries"]!.AsArray().Select(entry => (string)entry!["action"]!).ToList();
            if (actions.Contains(last) || left == 0) return actions;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private async Task ReportedAsync()
    {
        foreach (var name in new[] { "r.csv", "r.json", "r.xml", "r.html" })
        {
            var made = await fleet.RunAsync("campaign", "report", "looks", "-o", fleet[name]);
            Assert.True(made.Code == 0, string.Join('\n', made.Error));
            Assert.Contains("6 units", Assert.Single(made.Error), StringComparison.Ordinal);
        }

        var report = JsonNode.Parse(File.ReadAllText(fleet["r.json"]))!;
        Assert.Equal(("Looks", 6, "station-1"), (
            (string?)report["campaign"]!["name"], (int?)report["totals"]!["updated"], (string?)report["devices"]![0]!["host"]));
        Assert.Equal(64, ((string)report["package"]!["images"]![0]!["initPacketSha256"]!).Length);
        Assert.Equal("6", XDocument.Load(fleet["r.xml"]).Root!.Element("testsuite")!.Attribute("tests")!.Value);
        Assert.StartsWith("<!doctype html>", File.ReadAllText(fleet["r.html"]), StringComparison.Ordinal);
        var printed = await fleet.RunAsync("campaign", "report", "looks", "--format", "csv");
        Assert.Equal(File.ReadAllText(fleet["r.csv"]), printed.Output);
        Assert.Equal(7, printed.Output.TrimEnd().Split('\n').Length);
        Assert.Equal(2, (await fleet.RunAsync("campaign", "report", "looks", "-o", fleet["r.txt"])).Code);
    }

    private async Task AdapterAsync()
    {
        var adapter = Json(await fleet.RunAsync("adapter", "list", "--json"))["adapters"]!.AsArray().Single()!;
        Assert.Equal(("ready", "station-1"), ((string?)adapter["state"], (string?)adapter["host"]));
        var drained = Json(await fleet.RunAsync("adapter", "drain", "sim", "--json"));
        Assert.Equal((true, "drained"), ((bool?)drained["done"], (string?)drained["state"]));
        Assert.Contains("dfu adapter resume", (await fleet.RunAsync("adapter", "show", "sim")).Output, StringComparison.Ordinal);
        var tested = await fleet.RunAsync("adapter", "self-test", "sim", "--json");
        Assert.Equal((0, true), (tested.Code, (bool?)Json(tested)["selfTest"]!["passed"]));
        Assert.Equal(0, (await fleet.RunAsync("adapter", "resume", "sim")).Code);
        Assert.Equal("ready", (string?)Json(await fleet.RunAsync("adapter", "show", "sim", "--json"))["state"]);
        var unknown = await fleet.RunAsync("adapter", "drain", "usb-7");
        Assert.Equal(2, unknown.Code);
        Assert.StartsWith("dfu: there is no adapter 'usb-7' - ", Assert.Single(unknown.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_said_in_one_line_and_no_server_is_exit_code_4()
    {
        foreach (var words in new string[][] { ["device", "show", "C0:00:00:00:00:77"], ["device", "history", "SN 77"], ["campaign", "report", "nothing"] })
        {
            var refused = await fleet.RunAsync(words);
            Assert.Equal(2, refused.Code);
            Assert.StartsWith("dfu: ", Assert.Single(refused.Error), StringComparison.Ordinal);
        }

        foreach (var words in new string[][] { ["audit"], ["adapter", "list"], ["device", "list"] })
        {
            var away = await Played.RunAsync([.. words, "--data-dir", fleet["nobody"]]);
            Assert.Equal(4, away.Code);
            Assert.EndsWith("(serverUnreachable)", Assert.Single(away.Error), StringComparison.Ordinal);
        }
    }

    private static JsonNode Json(Played played) =>
        JsonNode.Parse(played.Output) ?? throw new InvalidOperationException(string.Join('\n', played.Error));
}
