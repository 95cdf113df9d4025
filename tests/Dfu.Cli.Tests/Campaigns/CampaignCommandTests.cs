using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dfu.Cli.Tests.Commands;
using Dfu.Cli.Tests.Servers;

namespace Dfu.Cli.Tests.Campaigns;

/// <summary>Operators' commands, in this process, to a server in this process.</summary>
public sealed class CampaignCommandTests(ServedFleet fleet) : IClassFixture<ServedFleet>
{
    [Fact]
    public async Task A_campaign_is_created_watched_listed_and_shown()
    {
        PackageMaker.Write(fleet["first.zip"]);
        var created = await fleet.RunAsync("campaign", "create", fleet["first.zip"], "--all", "--count", "6", "--title", "First", "--watch");
        Assert.True(created.Code == 0, string.Join('\n', created.Error));
        Assert.Contains("All 6 devices are updated", created.Output, StringComparison.Ordinal);

        var listed = await fleet.RunAsync("campaign", "list");
        var row = listed.Output.Split('\n').Single(line => line.Contains("First", StringComparison.Ordinal));
        Assert.True(System.Text.RegularExpressions.Regex.IsMatch(row, @"^[0-9a-f]+  First .* all updated +6/6 +0  \d\d:\d\d$"), "|" + row + "|");
        var id = row.Split(' ')[0];
        Assert.Contains("6 of 6 devices updated", (await fleet.RunAsync("campaign", "show", id)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await fleet.RunAsync("campaign", "watch", "first")).Code);

        var shown = await fleet.RunAsync("campaign", "show", "First", "--json");
        using var document = JsonDocument.Parse(shown.Output);
        var campaign = document.RootElement.GetProperty("campaign");
        Assert.Equal(("succeeded", 6, "First"), (
            campaign.GetProperty("state").GetString(), campaign.GetProperty("updated").GetInt32(), campaign.GetProperty("name").GetString()));
        Assert.Equal(6, document.RootElement.GetProperty("devices").GetArrayLength());

        var again = await fleet.RunAsync("campaign", "create", fleet["first.zip"], "--all", "--count", "6", "--title", "First", "--json");
        using var second = JsonDocument.Parse(again.Output);
        Assert.Equal((true, campaign.GetProperty("id").GetString()), (
            second.RootElement.GetProperty("goesOn").GetBoolean(), second.RootElement.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task A_campaign_file_is_carried_out_group_by_group_under_its_operators_hand()
    {
        PackageMaker.Write(fleet["second.zip"], 8192);
        File.WriteAllText(
            fleet["campaign.yaml"],
            "name: Second\npackage: second.zip\ntargets: {all: true, count: 6}\ngroups:\n  - {name: canary, count: 1, approval: true}\n  - {name: rest}\n");
        var created = await fleet.RunAsync("campaign", "create", "-f", fleet["campaign.yaml"]);
        Assert.True(created.Code == 0, string.Join('\n', created.Error));
        Assert.Matches("^[0-9a-f]+-[0-9a-f]+ is created; 'dfu campaign watch [0-9a-f]+' follows it\n$", created.Output);
        await fleet.BecomesAsync("second", "approval");
        var shown = await fleet.RunAsync("campaign", "show", "last");
        Assert.Contains("waits for approval of rest", shown.Output, StringComparison.Ordinal);
        Assert.Contains("dfu campaign approve ", shown.Output, StringComparison.Ordinal);

        Assert.Contains(": paused", (await fleet.RunAsync("campaign", "pause", "last")).Output, StringComparison.Ordinal);
        var paused = await fleet.RunAsync("campaign", "list");
        Assert.Contains($"paused by {Environment.UserName}@{Environment.MachineName}", paused.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await fleet.RunAsync("campaign", "approve", "last")).Code);
        Assert.Equal(0, (await fleet.RunAsync("campaign", "resume", "last", "--json")).Code);
        var refused = await fleet.RunAsync("campaign", "approve", "last");
        Assert.True(refused.Code is 0 or 2);
        var watched = await fleet.RunAsync("campaign", "watch", "last", "--json");
        using var document = JsonDocument.Parse(watched.Output);
        Assert.Equal((0, "succeeded"), (watched.Code, document.RootElement.GetProperty("outcome").GetString()));

        // What is over is refused with what it is.
        refused = await fleet.RunAsync("campaign", "pause", "last");
        Assert.Equal(2, refused.Code);
        Assert.StartsWith("dfu: it is over", Assert.Single(refused.Error), StringComparison.Ordinal);
        var device = document.RootElement.GetProperty("devices")[0].GetProperty("device").GetString()!;
        Assert.Equal(0, (await fleet.RunAsync("campaign", "restart", "last", "--device", device)).Code);
        Assert.Equal(0, (await fleet.RunAsync("campaign", "watch", "last")).Code);
    }

    [Fact]
    public async Task What_is_not_there_is_said_with_what_is()
    {
        PackageMaker.Write(fleet["third.zip"], 12_288);
        Assert.Equal(0, (await fleet.RunAsync("campaign", "create", fleet["third.zip"], "--all", "--count", "6", "--title", "Third", "--watch")).Code);
        var refused = await fleet.RunAsync("campaign", "show", "Thrid");
        Assert.Equal(2, refused.Code);
        Assert.Matches(@"^dfu: there is no campaign 'Thrid' - Did you mean [0-9a-f]+-[0-9a-f]+ \(Third\)\? \(invalidArgument\)$", Assert.Single(refused.Error));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_said_within_seconds()
    {
        var begin = TimeProvider.System.GetTimestamp();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var place = $"{listener.LocalEndpoint}";
        var silent = await Played.RunAsync("campaign", "list", "--gateway", place);
        Assert.Equal(4, silent.Code);
        Assert.StartsWith($"dfu: no member of the cluster answers at {place} - ", Assert.Single(silent.Error), StringComparison.Ordinal);
        listener.Stop();
        var gone = await Played.RunAsync("campaign", "list", "--gateway", place);
        Assert.Equal(4, gone.Code);
        Assert.StartsWith($"dfu: no server answers at {place} (--gateway) - start one with", Assert.Single(gone.Error), StringComparison.Ordinal);
        Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(
        "campaign list --gateway nowhere",
        "dfu: --gateway: 'nowhere' is not an address such as 127.0.0.1:41873 - see 'dfu campaign list --help' (invalidArgument)")]
    [InlineData("campaign list --gateway a:1 --connection Host=a", "dfu: give only one of --server, --gateway, --connection and --data-dir - ")]
    [InlineData("campaign restart last", "dfu: Option '--device' is required - see 'dfu campaign restart --help' (invalidArgument)")]
    [InlineData("campaign pasue last", "dfu: unknown command 'pasue' - did you mean pause? (invalidArgument)")]
    [InlineData("campaign create --all", "dfu: no package is given - Give a zip file, or a campaign file by --file (invalidArgument)")]
    [InlineData("campaign create --all -f c.yaml", "dfu: --all and --file are given both - Write everything into the campaign file (invalidArgument)")]
    [InlineData("campaign create a.zip -f c.yaml", "dfu: the package and --file are given both - Write everything into the campaign file (invalidArgument)")]
    public async Task What_cannot_be_meant_is_refused_in_one_line(string arguments, string line)
    {
        var refused = await Played.RunAsync(arguments.Split(' '));
        Assert.Equal(2, refused.Code);
        Assert.StartsWith(line, Assert.Single(refused.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_campaign_file_is_checked_without_a_server()
    {
        PackageMaker.Write(fleet["app.zip"]);
        File.WriteAllText(fleet["bad.yaml"], "package: app.zip\ntargets: {all: true}\npriority: 10\ncolour: red\n");
        var bad = await Played.RunAsync("campaign", "check", "-f", fleet["bad.yaml"]);
        Assert.Equal((2, 3), (bad.Code, bad.Error.Length));
        Assert.StartsWith($"{fleet["bad.yaml"]}:3:11: priority: '10' is not", bad.Error[0], StringComparison.Ordinal);
        Assert.StartsWith($"{fleet["bad.yaml"]}:4:1: unknown field 'colour'", bad.Error[1], StringComparison.Ordinal);
        Assert.StartsWith($"dfu: {fleet["bad.yaml"]} has 2 mistakes - ", bad.Error[2], StringComparison.Ordinal);
        Assert.Equal(bad.Error, (await Played.RunAsync("campaign", "create", "-f", fleet["bad.yaml"])).Error);
        var json = await Played.RunAsync("campaign", "check", "-f", fleet["bad.yaml"], "--json");
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal((2, false), (json.Code, document.RootElement.GetProperty("sound").GetBoolean()));
        Assert.Equal(2, document.RootElement.GetProperty("flaws").GetArrayLength());

        File.WriteAllText(fleet["good.yaml"], "name: Good\npackage: app.zip\ntargets: {name: Sensor*, feed: true, count: 600}\n");
        var good = await Played.RunAsync("campaign", "check", "-f", fleet["good.yaml"]);
        Assert.Equal(0, good.Code);
        Assert.Contains("named Sensor*, as they come, until 600 are updated", good.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_says_where_it_is_for_its_user_alone_and_takes_it_back_when_it_ends()
    {
        using var own = new ServedFleet();
        try
        {
            await own.InitializeAsync();
            var file = Path.Combine(own["data"], "server.json");
            Assert.Contains($"{own.Gateway}", File.ReadAllText(file), StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            await own.StopAsync();
            Assert.False(File.Exists(file));
            var refused = await own.RunAsync("campaign", "list");
            Assert.Equal(4, refused.Code);
            var what = $"dfu: no server runs on the data directory {own["data"]} (--data-dir) - start one";
            Assert.StartsWith(what, Assert.Single(refused.Error), StringComparison.Ordinal);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }
}
