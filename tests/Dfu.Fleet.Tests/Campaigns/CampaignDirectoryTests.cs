using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Xunit.Abstractions;

namespace Dfu.Fleet.Tests.Campaigns;

public sealed class CampaignDirectoryTests(ITestOutputHelper output)
{
    private static readonly HashSet<string> Nothing = [];

    private const string One = "C0:00:00:00:00:10";
    private const string Two = "C0:00:00:00:00:20";

    private static readonly string Package = new('a', 64);

    private static DirectoryState Of(params DirectoryEntry[] entries) => new() { Campaigns = [.. entries] };

    /// <param name="targets">Addresses, or <c>all</c> or <c>name:GLOB</c>, and <c>count:N</c>.</param>
    private static DirectoryEntry Entry(string id, string targets, string package = "p", bool finished = true, bool superseded = false)
    {
        var wanted = Wanted(targets);
        return new(id, package, wanted.Key, DateTimeOffset.UnixEpoch, finished, superseded) { Addresses = finished ? "" : wanted.Addresses };
    }

    private static CampaignDirectory.Wanted Wanted(string targets)
    {
        var selection = Selection(targets);
        return new(CampaignTargets.Key(selection), CampaignTargets.Addresses(selection));
    }

    private static TargetSelection Selection(string targets)
    {
        if (BluetoothAddress.TryParse(targets.Split(' ')[0], out _)) return new() { Addresses = [.. targets.Split(' ').Select(BluetoothAddress.Parse)] };
        var parts = targets.Split(" count:");
        int? count = parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : null;
        return parts[0] == "all" ? new() { All = true, Count = count } : new() { NameGlob = parts[0]["name:".Length..], Count = count };
    }

    private static DirectoryState Begun(DirectoryState directory, string targets, string package, bool restart = false) =>
        Assert.IsType<CampaignDecision.Accepted>(directory.Decide(package, Selection(targets), restart, DateTimeOffset.UnixEpoch)).Next;

    [Theory]
    [InlineData(One, Two, false)]
    [InlineData(One, One + " " + Two, true)]
    [InlineData("all", One, true)]
    [InlineData("name:C0 *", Two, true)]
    [InlineData("all count:3", "name:x", true)]
    public void Targets_that_are_collected_may_be_anybody(string a, string b, bool shared)
    {
        Assert.Equal(shared, Entry("x", a, finished: false).MayShareDevices(Wanted(b)));
        Assert.Equal(shared, Entry("x", b, finished: false).MayShareDevices(Wanted(a)));
    }

    [Fact]
    public void The_last_equal_request_counts_unless_its_devices_went_on_or_it_was_superseded()
    {
        Assert.Equal("b", Of(Entry("a", One), Entry("b", One), Entry("c", Two)).Same("p", Wanted(One))?.Campaign);
        Assert.Null(Of(Entry("a", One), Entry("b", One, package: "q")).Same("p", Wanted(One)));
        Assert.Null(Of(Entry("a", One), Entry("b", "all")).Same("p", Wanted(One)));
        Assert.Null(Of(Entry("a", One), Entry("b", One, superseded: true)).Same("p", Wanted(One)));
        Assert.Null(Of(Entry("a", One)).Same("p", Wanted(One + " " + Two)));
    }

    [Fact]
    public void A_campaign_whose_devices_another_had_since_is_not_gone_on_with_and_one_beside_it_is()
    {
        var directory = Begun(Begun(new(), One, "p"), Two, "p");
        string[] ids = [.. directory.Campaigns.Select(static entry => entry.Campaign)];
        directory = directory.Finish(ids[0], Nothing).Finish(ids[1], Nothing);
        Assert.Same(directory, directory.Finish(ids[0], Nothing, told: false)); // it came late
        directory = Begun(directory, One + " C0:00:00:00:00:30", "q");
        directory = directory.Finish(directory.Campaigns[2].Campaign, new HashSet<string> { ids[0] });
        Assert.Null(directory.Same("p", Wanted(One)));
        Assert.Equal(ids[1], directory.Same("p", Wanted(Two))?.Campaign);
    }

    [Theory]
    [InlineData(null, ImageType.Application, "p", "for all of package p is not finished")]
    [InlineData(ImageType.Application, null, "p", "for the part application of package p is not finished")]
    [InlineData(null, ImageType.Application, "q", "for package p is not finished")]
    public void Another_part_of_a_package_is_another_update_and_the_refusal_tells_them_apart(ImageType? first, ImageType? second, string package, string what)
    {
        var begun = Assert.IsType<CampaignDecision.Accepted>(
            new DirectoryState().Decide("p", Selection(One), restart: false, DateTimeOffset.UnixEpoch, first));
        var refused = Assert.IsType<CampaignDecision.Refused>(
            begun.Next.Decide(package, Selection(One), restart: false, DateTimeOffset.UnixEpoch, second));
        Assert.EndsWith(what, refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_gone_on_with_is_in_the_way_again()
    {
        var directory = Begun(new(), One, "p");
        directory = directory.Finish(directory.Campaigns[0].Campaign, Nothing);
        Assert.Equal("", directory.Campaigns[0].Addresses);
        directory = Begun(directory, One, "p");
        Assert.Single(directory.Campaigns);
        var refused = Assert.IsType<CampaignDecision.Refused>(directory.Decide("q", Selection(Two + " " + One), restart: false, DateTimeOffset.UnixEpoch));
        Assert.Equal(DfuError.CampaignConflict, refused.Error);
        Assert.IsType<CampaignDecision.Accepted>(directory.Decide("q", Selection(Two), restart: false, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void Five_hundred_campaigns_of_five_thousand_devices_stay_small_and_are_decided_in_no_time()
    {
        var directory = new DirectoryState();
        for (var campaign = 0; campaign < 500; campaign++)
        {
            var begun = directory.Decide(Package, Fleet(campaign * 5000), restart: false, DateTimeOffset.UnixEpoch.AddMinutes(campaign));
            directory = Assert.IsType<CampaignDecision.Accepted>(begun).Next;
            if (campaign < 490) directory = directory.Finish(directory.Campaigns[campaign].Campaign, Nothing);
        }

        var json = FleetJson.Write(directory);
        var begin = TimeProvider.System.GetTimestamp();
        var refused = directory.Decide("q", Fleet((499 * 5000) + 4999), restart: false, DateTimeOffset.UnixEpoch);
        var time = TimeProvider.System.GetElapsedTime(begin);
        output.WriteLine($"500 campaigns of 5,000 devices, 10 of them unfinished: {json.Length / 1024} KiB, decided in {time.TotalMilliseconds:0.0} ms");
        Assert.IsType<CampaignDecision.Refused>(refused);
        Assert.InRange(json.Length, 1, 1024 * 1024);

        Assert.InRange(time.TotalSeconds, 0, 1);

        static TargetSelection Fleet(int from) =>
            new() { Addresses = [.. Enumerable.Range(from, 5000).Select(static n => new BluetoothAddress(0xC0_00_00_00_00_00ul + (ulong)n))] };
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
        Assert.Throws<DfuException>(() => FleetJson.Read<DirectoryState>("""{"v":2,"campaigns":[]}"""));
        Assert.Empty(FleetJson.Read<CampaignSummary>("""{"v":1}""").Devices);
    }

    [Fact]
    public void A_request_with_a_key_is_answered_once_more_and_another_one_with_that_key_is_refused()
    {
        var begun = Assert.IsType<CampaignDecision.Accepted>(new DirectoryState().Decide("p", Selection(One), restart: true, DateTimeOffset.UnixEpoch));
        var directory = begun.Next.Remember(begun.Entry.Campaign, new("key", "content", GoesOn: false));
        Assert.Null(directory.Repeated("other", "content"));
        var again = Assert.IsType<CampaignDecision.Accepted>(directory.Repeated("key", "content"));
        Assert.Equal((begun.Entry.Campaign, false), (again.Entry.Campaign, again.GoesOn));
        Assert.Same(directory, again.Next);
        Assert.Equal(DfuError.IdempotencyKeyReused, Assert.IsType<CampaignDecision.Refused>(directory.Repeated("key", "another")).Error);
        for (var i = 0; i < 8; i++) directory = directory.Remember(begun.Entry.Campaign, new($"later {i}", "content", GoesOn: true));
        Assert.Null(directory.Repeated("key", "content"));
        Assert.NotNull(directory.Repeated("later 0", "content"));
    }

    [Fact]
    public void Orders_of_a_campaign_are_counted_and_a_repeated_one_keeps_its_number()
    {
        var begun = Assert.IsType<CampaignDecision.Accepted>(new DirectoryState().Decide("p", Selection(One), restart: false, DateTimeOffset.UnixEpoch));
        var again = Assert.IsType<CampaignDecision.Accepted>(begun.Next.Decide("p", Selection(One), restart: false, DateTimeOffset.UnixEpoch));
        var directory = again.Next.Remember(again.Entry.Campaign, new("key", "content", again.GoesOn, again.Order));
        var third = Assert.IsType<CampaignDecision.Accepted>(directory.Decide("p", Selection(One), restart: false, DateTimeOffset.UnixEpoch));
        var repeated = Assert.IsType<CampaignDecision.Accepted>(third.Next.Repeated("key", "content"));
        Assert.Equal((1, 2, 3, 2), (begun.Order, again.Order, third.Order, repeated.Order));
    }

    [Fact]
    public void A_request_without_a_key_is_not_remembered()
    {
        var directory = Begun(new(), One, "p");
        Assert.Same(directory, directory.Remember(directory.Campaigns[0].Campaign, new("", "content", GoesOn: false)));
        Assert.Null(directory.Repeated("", "content"));
    }
}
