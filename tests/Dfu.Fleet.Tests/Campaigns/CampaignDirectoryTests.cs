using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Tests.Campaigns;

public sealed class CampaignDirectoryTests
{
    private const string One = "C0:00:00:00:00:10";
    private const string Two = "C0:00:00:00:00:20";

    private static DirectoryState Of(params DirectoryEntry[] entries) => new() { Campaigns = [.. entries] };

    private static DirectoryEntry Entry(string id, string targets, string package = "p", bool finished = true, bool superseded = false) =>
        new(id, package, targets, DateTimeOffset.UnixEpoch, finished, superseded);

    [Theory]
    [InlineData(One, Two, false)]
    [InlineData(One, One + " " + Two, true)]
    [InlineData("all", One, true)]
    [InlineData("name:C0 *", Two, true)]
    [InlineData("all count:3", "name:x", true)]
    public void Targets_that_are_collected_may_be_anybody(string a, string b, bool shared)
    {
        Assert.Equal(shared, CampaignDirectory.MayShareDevices(a, b));
        Assert.Equal(shared, CampaignDirectory.MayShareDevices(b, a));
    }

    [Fact]
    public void The_last_equal_request_counts_unless_its_devices_went_on_or_it_was_superseded()
    {
        Assert.Equal("b", Of(Entry("a", One), Entry("b", One), Entry("c", Two)).Same("p", One)?.Campaign);
        Assert.Null(Of(Entry("a", One), Entry("b", One, package: "q")).Same("p", One));
        Assert.Null(Of(Entry("a", One), Entry("b", "all")).Same("p", One));
        Assert.Null(Of(Entry("a", One), Entry("b", One, superseded: true)).Same("p", One));
        Assert.Null(Of(Entry("a", One)).Same("p", One + " " + Two));
    }

    [Fact]
    public void Campaigns_that_are_over_are_forgotten_and_no_other()
    {
        var directory = Of(Entry("a", One, finished: false), Entry("b", One), Entry("c", One), Entry("d", Two));
        Assert.Equal(["a", "d"], directory.Forget(["a", "b", "c", "x"]).Campaigns.Select(static entry => entry.Campaign));
        Assert.Same(directory, directory.Forget(["a", "x"]));
    }

    [Fact]
    public void It_is_stored_with_its_version()
    {
        var directory = Of(Entry("a", One, finished: false, superseded: true)) with { Classes = [new() { Key = "k", HwVersion = 52, Traits = new() }] };
        var json = FleetJson.Write(directory);
        Assert.StartsWith("""{"v":1,""", json, StringComparison.Ordinal);
        var read = FleetJson.Read<DirectoryState>(json);
        Assert.Equal(directory.Campaigns.ToArray(), read.Campaigns.ToArray());
        Assert.Equal("k", Assert.Single(read.Classes).Key);
        Assert.Empty(FleetJson.Read<DirectoryState>("""{"v":1}""").Campaigns);
        Assert.Throws<Dfu.Protocol.Errors.DfuException>(() => FleetJson.Read<DirectoryState>("""{"v":2,"campaigns":[]}"""));
        Assert.Empty(FleetJson.Read<CampaignSummary>("""{"v":1}""").Devices);
    }
}
