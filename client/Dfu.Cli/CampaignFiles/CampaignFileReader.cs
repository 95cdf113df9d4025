using System.Collections.Immutable;
using Dfu.Cli.Arguments;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.CampaignFiles;

/// <summary>Makes a campaign of a file whose fields have been checked, and says of what does not fit together where it stands.</summary>
/// <param name="folder">Paths in the file are relative to it.</param>
internal sealed class CampaignFileReader(FileMap root, string folder, FileFlaws flaws, KeyOpener keys)
{
    private const string OneSize = "Give it either count, such as 5, or percent, such as 10.";
    private const string OneThreshold = "Give it either count, such as 3, or percent, such as 5.";
    private static readonly string[] Choosing = ["addresses", "csv", "name", "all"];
    private static readonly string[] OfHeard = ["scanTime", "count", "feed"];

    public CampaignFile? Read()
    {
        var only = root.Text("only") is { } part && ImageTypes.TryParse(part, out var type) ? type : (ImageType?)null;
        var package = Package(only);
        var targets = Targets();
        var limits = Limits(root.Map("limits"));
        var plan = new CampaignPlan
        {
            Name = root.Text("name") ?? "",
            Priority = Whole(root, "priority") ?? CampaignPlan.UsualPriority,
            Groups = [.. root.List("groups").Cast<FileMap>().Select(Group)],
            Errors = Errors(root.Map("errors")),
            Schedule = Schedule(root.Map("schedule")),
            Finish = Finish(root.Map("finish")),
            Force = Flag(root, "force") ?? false,
        };
        if (targets is not null) CheckPlan(plan, Total(targets));
        return package is null || targets is null || flaws.Any
            ? null
            : new() { Package = package, Only = only, Targets = targets, Limits = limits, Plan = plan };
    }

    private static int? Total(TargetSelection targets) => targets.Addresses.IsDefaultOrEmpty ? targets.Count : targets.Addresses.Distinct().Count();

    private PackageFile? Package(ImageType? only)
    {
        System.Security.Cryptography.ECDsa? key = null;
        if (root.Text("publicKey") is { } path && !Try("publicKey", () => key = keys.Read(Full(path)))) return null;
        using var _ = key;
        PackageFile? package = null;
        var read = Try("package", () => package = PackageFile.Read(Full(root.Text("package")!), key));
        return read && Try("only", () => package!.Package.Only(only)) ? package : null;
    }

    private TargetSelection? Targets()
    {
        if (root["targets"] is FileList list) return new() { Addresses = Addresses(list.Items) };
        var map = root.Map("targets")!;
        var all = Flag(map, "all") ?? false;
        string[] kinds = [.. Choosing.Where(name => map[name] is not null && (name != "all" || all))];
        if (kinds.Length != 1)
        {
            flaws.Add(
                kinds.Length == 0 ? map.Place : map.PlaceOf(kinds[1]),
                kinds.Length == 0 ? "targets choose no devices" : $"targets choose devices by {string.Join(" and by ", kinds)}",
                "Give exactly one of addresses, csv, name and all: true.");
            return null;
        }

        var heard = kinds[0] is "name" or "all";
        foreach (var name in OfHeard.Where(name => !heard && map[name] is not null && (name != "feed" || Flag(map, name) == true)))
            flaws.Add(map.PlaceOf(name), $"{name} goes with name or all: devices that are named are waited for anyway", "Leave it out.");
        TargetSelection? chosen = null;
        if (kinds[0] == "csv") Try(map, "csv", () => chosen = TargetFile.Read(Full(map.Text("csv")!)));
        else chosen = new() { Addresses = Addresses(map.List("addresses")), All = all, NameGlob = map.Text("name") };
        return chosen is null
            ? null
            : chosen with { ScanTime = Time(map, "scanTime") ?? TimeSpan.FromSeconds(10), Count = Whole(map, "count"), Feed = Flag(map, "feed") ?? false };
    }

    private static ImmutableArray<BluetoothAddress> Addresses(IReadOnlyList<FileNode> items) =>
        [.. items.Cast<FileValue>().Select(static value => BluetoothAddress.TryParse(value.Text, out var address) ? address : default).Distinct()];

    private CampaignLimits Limits(FileMap? map)
    {
        var usual = new CampaignLimits();
        if (map is null) return usual;
        var limits = new CampaignLimits
        {
            Patience = Time(map, "patience") ?? usual.Patience,
            MaxConcurrency = Whole(map, "maxConcurrency"),
            MaxTransfersPerAdapter = Whole(map, "maxPerAdapter"),
            MaxTransfersPerHost = Whole(map, "maxPerHost"),
            MaxAttempts = Whole(map, "attempts") ?? usual.MaxAttempts,
            MaxFruitlessAttempts = Whole(map, "fruitlessAttempts") ?? usual.MaxFruitlessAttempts,
            FirstBackoff = Time(map, "firstBackoff") ?? usual.FirstBackoff,
            LongestBackoff = Time(map, "longestBackoff") ?? usual.LongestBackoff,
        };
        if (limits.Flaw() is { } flaw)
            flaws.Add(map["firstBackoff"]?.Place ?? map.PlaceOf("longestBackoff"), flaw, "Write a firstBackoff that is no longer than longestBackoff.");
        return limits;
    }

    private static GroupPlan Group(FileMap map) => new()
    {
        Name = map.Text("name") ?? "",
        Count = Whole(map, "count"),
        Percent = Number(map, "percent"),
        GoOnAt = Number(map, "goOnAt") ?? 100,
        Errors = Errors(map.Map("errors")),
        Approval = Flag(map, "approval") ?? false,
    };

    private static ErrorRule? Errors(FileMap? map) => map is null ? null : new()
    {
        Count = Whole(map, "count"),
        Percent = Number(map, "percent"),
        Action = map.Text("action") == "stop" ? ErrorAction.Stop : ErrorAction.Pause,
    };

    private static CampaignSchedule Schedule(FileMap? map)
    {
        if (map is null) return new();
        var zone = map.Text("zone") ?? "";
        var there = zone.Length > 0 ? TimeZoneInfo.FindSystemTimeZoneById(zone) : TimeZoneInfo.Utc;
        return new()
        {
            Start = Moment("start"),
            End = Moment("end"),
            Zone = zone,
            Windows = [.. map.List("windows").Cast<FileMap>().Select(static window => new TimeWindow
            {
                Days = [.. window.List("days").Cast<FileValue>().Select(static day => Values.DayOf(day.Text)).Distinct()],
                From = TimeOfDay(window, "from"),
                To = TimeOfDay(window, "to"),
            })],
        };

        DateTimeOffset? Moment(string name) => map.Text(name) is { } text && Values.TryMoment(text, there, out var moment) ? moment : null;
    }

    private static FinishPlan Finish(FileMap? map) => map is null ? new() : new()
    {
        Verify = Flag(map, "verify") ?? true,
        Characteristic = map.Text("characteristic") is { } text && Values.TryCharacteristic(text, out var characteristic) ? characteristic : null,
        Expect = map.Text("expect"),
    };

    /// <summary>What the fleet would refuse, part by part, so that each flaw has its place.</summary>
    private void CheckPlan(CampaignPlan plan, int? total)
    {
        var groups = root.List("groups");
        for (var i = 0; i < groups.Count; i++)
        {
            // A group by itself: the last one may take the rest, any other has one behind it.
            ImmutableArray<GroupPlan> alone = i == groups.Count - 1 ? [plan.Groups[i]] : [plan.Groups[i], new() { Count = 1 }];
            var map = (FileMap)groups[i];
            if (new CampaignPlan { Groups = alone }.Flaw(total) is { } flaw)
            {
                var misfit = plan.Groups[i].Errors is { } own && Misfit(own);
                flaws.Add(misfit ? map.PlaceOf("errors") : map.Place, Bare(flaw), misfit ? OneThreshold : OneSize);
            }
        }

        if (!flaws.Any && new CampaignPlan { Groups = plan.Groups }.Flaw(total) is { } together)
            flaws.Add(root.PlaceOf("groups"), together, "Write smaller percentages, or none for the last group: it takes the rest.");
        if (plan.Errors is { } errors && new CampaignPlan { Errors = errors }.Flaw(total) is { } threshold)
            flaws.Add(root.PlaceOf("errors"), threshold, OneThreshold);
        if (new CampaignPlan { Schedule = plan.Schedule }.Flaw(total) is { } schedule)
            flaws.Add(root.Map("schedule")!.PlaceOf("end"), schedule, "Write a later end, or an earlier start.");
        if (new CampaignPlan { Finish = plan.Finish }.Flaw(total) is { } finish)
            flaws.Add(root.PlaceOf("finish"), finish, "Leave out verify: false, or what is expected.");
        if (!flaws.Any && plan.Flaw(total) is { } other) flaws.Add(root.Place, other, "See docs/campaign.md.");
    }

    private static bool Misfit(ErrorRule rule) => new CampaignPlan { Errors = rule }.Flaw(null) is not null;

    /// <summary>Without the number that a group has where it is looked at alone.</summary>
    private static string Bare(string flaw) => flaw.IndexOf(": ", StringComparison.Ordinal) is > 0 and var at ? flaw[(at + 2)..] : flaw;

    private string Full(string path) => Path.Combine(folder, path);

    private bool Try(string field, Action read) => Try(root, field, read);

    private bool Try(FileMap map, string field, Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (DfuException e)
        {
            return flaws.Add(map.PlaceOf(field), e.Message, e.Remedy ?? ErrorCatalog.Describe(e.Error).Remedy);
        }
    }

    private static int? Whole(FileMap map, string name) => map.Text(name) is { } text && Values.TryWhole(text, out var number) ? number : null;

    private static double? Number(FileMap map, string name) => map.Text(name) is { } text && Values.TryNumber(text, out var number) ? number : null;

    private static bool? Flag(FileMap map, string name) => map.Text(name) is { } text ? text == "true" : null;

    private static TimeSpan? Time(FileMap map, string name) => map.Text(name) is { } text && Values.TryTime(text, out var time) ? time : null;

    private static TimeOnly TimeOfDay(FileMap map, string name) => Values.TryTimeOfDay(map.Text(name)!, out var time) ? time : default;
}
