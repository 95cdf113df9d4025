using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Plans;

namespace Dfu.Cli.CampaignFiles;

/// <summary>Every field of a campaign file: what it may hold and what it means. Reading, the schema and the docs come from this table.</summary>
internal static class CampaignFields
{
    private const int MostGroups = 100;
    private const int MostWindows = 100;
    private const int LongestPath = 4096;

    public static MapShape Errors { get; } = new(
        "a threshold of failures",
        new("count", Values.Whole(1, OrderRules.MostDevices), "So many failed devices are too many. Give this or percent."),
        new("percent", Values.Percent(), "So many percent failed devices, of all of the group or campaign, are too many. Give this or count."),
        new(
            "action",
            Values.Choice("pause", "stop"),
            "pause: nothing further begins until somebody resumes it (default). stop: the rest is cancelled. What is under way is finished."));

    public static MapShape Group { get; } = new(
        "a group",
        new("name", Values.Text(CampaignPlan.LongestName, "a name of at most 80 characters"), "What people call it."),
        new(
            "count",
            Values.Whole(1, OrderRules.MostDevices),
            "How many devices it has. Give this or percent; the last group may have neither and takes the rest."),
        new("percent", Values.Percent(), "How many percent of the campaign's devices it has, rounded up."),
        new("goOnAt", Values.Percent(), "The next group begins when so many percent of this one's devices are updated (default 100)."),
        new("errors", Errors, "How many failures of this group are too many."),
        new("approval", Values.Flag(), "Somebody must approve before the next group begins (default false)."));

    public static MapShape Window { get; } = new(
        "a time window",
        new("days", new ListShape("a list of days such as [mon, tue]", Values.Day(), 7), "Days of the week on which it begins (default every day)."),
        new("from", Values.TimeOfDay(), "When it begins.", Required: true),
        new("to", Values.TimeOfDay(), "When it ends; no later than from is on the next day.", Required: true));

    public static MapShape Schedule { get; } = new(
        "a schedule",
        new("start", Values.Moment(), "No device begins before. Without an offset it is in zone."),
        new("end", Values.Moment(), "No device begins after: what is under way is finished, the rest is cancelled. Without an offset it is in zone."),
        new("windows", new ListShape("a list of time windows", Window, MostWindows), "Devices begin within these times only."),
        new("zone", Values.Zone(), "The time zone of all times here, such as Europe/Berlin (default UTC)."));

    public static MapShape Limits { get; } = new(
        "limits",
        new("patience", Values.Time(TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)), "A device nobody hears for so long has failed (default 120s)."),
        new("maxConcurrency", Values.Whole(1, 10_000), "Transfers at once over all adapters (default as many as they carry)."),
        new("maxPerAdapter", Values.Whole(1, CampaignLimits.MostPerAdapter), "Transfers at once on each adapter."),
        new("maxPerHost", Values.Whole(1, 10_000), "Transfers at once over the adapters of each host."),
        new("attempts", Values.Whole(1, 10_000), "Attempts at all before a device fails (default 50)."),
        new("fruitlessAttempts", Values.Whole(1, 1000), "Attempts in a row that confirm nothing before a device fails (default 5)."),
        new(
            "firstBackoff",
            Values.Time(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
            "The pause after the first attempt that confirms nothing; it doubles (default 1s)."),
        new("longestBackoff", Values.Time(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)), "The longest such pause (default 30s)."));

    public static MapShape Finish { get; } = new(
        "a finish",
        new("verify", Values.Flag(), "Wait for the application, and read what it says of itself where it says something (default true)."),
        new("characteristic", Values.Characteristic(), "The characteristic to read (default the firmware revision 0x2A26, where there is one)."),
        new(
            "expect",
            Values.Text(FinishPlan.LongestExpected, "a text of 1 to 128 characters, in quotes where it looks like a number"),
            "What it must say: a text, or bytes as in 0x0102."));

    public static MapShape Targets { get; } = new(
        "fields that choose devices",
        new("addresses", Addresses(), "These devices."),
        new("csv", Path(), "The devices of this CSV file: columns address, serial, label, order number."),
        new("name", Values.Text(OrderRules.LongestPattern, "a name pattern of 1 to 248 characters"), "Every device whose name matches; * and ? as in a shell."),
        new("all", Values.Flag(), "Every device that may be updated (true)."),
        new("scanTime", Values.Time(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)), "How long name and all listen (default 10s)."),
        new("count", Values.Whole(1, OrderRules.MostDevices), "With name and all: wait for so many devices instead; with feed: end when so many are updated."),
        new(
            "feed",
            Values.Flag(),
            "With name and all: devices are taken as they come and go, until count are updated, the schedule ends or somebody cancels (default false)."));

    public static MapShape Root { get; } = new(
        "a campaign",
        new("$schema", Path(), "For editors."),
        new(
            "name",
            Values.Text(CampaignPlan.LongestName, "a name of at most 80 characters"),
            "What people call the campaign. Another name is another campaign."),
        new("package", Path(), "The package, a zip file; relative to this file.", Required: true),
        new("only", Values.Choice("application", "softdevice", "bootloader", "softdevice_bootloader"), "Send this part of the package and no other."),
        new("publicKey", Path(), "A P-256 public key, relative to this file: the package is refused unless it is signed for it."),
        new("targets", new EitherShape(Addresses(), Targets), "The devices: a list of addresses, or fields that choose them.", Required: true),
        new("groups", new ListShape("a list of groups", Group, MostGroups), "Groups of devices, updated one after the other (default one group of all)."),
        new("errors", Errors, "How many failures of the whole campaign are too many."),
        new("schedule", Schedule, "When devices may begin."),
        new("limits", Limits, "What the campaign may do."),
        new("priority", Values.Whole(1, 9), "Devices of a campaign with a higher one go first where radios are shared (default 5)."),
        new("finish", Finish, "How a device is looked at after its update."),
        new("force", Values.Flag(), "Send it to devices too that are known to run it or to refuse it (default false)."));

    private static ListShape Addresses() => new("a list of addresses", Values.Address(), OrderRules.MostDevices);

    private static Shape Path() => Values.Text(LongestPath, "a path");
}
