using System.Text;
using Dfu.Cli.CampaignFiles;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Plans;
using Dfu.Fuzz.Engine;

namespace Dfu.Fuzz.Targets;

/// <summary>Campaign files, in YAML and in JSON.</summary>
internal sealed class CampaignFileTarget : IFuzzTarget
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Has a package and a list of devices; nothing is written there later.</summary>
    private static readonly Lazy<string> Folder = new(static () =>
    {
        var folder = Directory.CreateTempSubdirectory("dfu-fuzz-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        File.WriteAllBytes(Path.Combine(folder, "a.zip"), Packages.Application(size: 32));
        File.WriteAllText(Path.Combine(folder, "u.csv"), "C0:98:76:54:32:10\nC0:98:76:54:32:11\n");
        return folder;
    });

    public string Name => "yaml";

    public IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            "package: a.zip\ntargets: [C0:98:76:54:32:10, C0-98-76-54-32-11]\n",
            """
            # a shift
            name: Friday
            package: a.zip
            only: application
            targets: {csv: u.csv}
            priority: 9
            groups:
              - {name: first, count: 1, goOnAt: 100, approval: true, errors: {count: 1, action: stop}}
              - percent: 50.5
              - name: "the rest"
            errors: {percent: 5}
            schedule:
              start: 2026-12-01T18:00
              end: 2026-12-24 06:00:00+01:00
              zone: Europe/Berlin
              windows: [{days: [mon, friday], from: 22:00, to: "6:00"}, {from: 00:00, to: 24:00}]
            limits: {patience: 2min, maxConcurrency: 8, maxPerAdapter: 2, maxPerHost: 4, attempts: 9, fruitlessAttempts: 3,
              firstBackoff: 1s, longestBackoff: 2s}
            finish: {verify: true, characteristic: 0x2A26, expect: '1.2'}
            force: true
            """,
            "package: a.zip\ntargets:\n  name: Sensor *\n  scanTime: 20s\n  count: 3\n  feed: true\n",
            """{"$schema": "x", "package": "a.zip", "targets": {"all": true, "count": 2}, "schedule": {"end": "2026-12-24T06:00Z"}}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[]
        {
            "package: a.zip\n", "targets:", "addresses:", "csv: u.csv", "name:", "all: true", "scanTime:", "count:", "percent:", "feed:", "groups:", "goOnAt:",
            "errors:", "action: stop", "approval:", "schedule:", "start:", "end:", "zone: ", "windows:", "days:", "from:", "to:", "limits:", "patience:",
            "finish:", "verify: false", "characteristic:", "expect:", "force:", "priority:", "only:", "Europe/Berlin", "Pacific/Kiritimati", "0001-01-01T00:00",
            "9999-12-31T23:59", "24:00", "- ", "  ", "\n", "{", "}", "[", "]", "|", ">-", "&a", "*a", "!!str ", "%TAG ! x:y\n", "---\n", "...\n", "\"", "'",
            "~", "\\u0000",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public void Run(byte[] input)
    {
        var flaws = new FileFlaws();
        CampaignFile? file = null;
        if (CampaignFile.Root(input, flaws) is { } root && CampaignFields.Root.Check("the file", root, flaws))
            file = new CampaignFileReader((FileMap)root, Folder.Value, flaws, KeyOpener.OfFiles).Read();
        foreach (var flaw in flaws.All) Flaw.UnlessOneLine(flaw.Line("campaign.yaml"));
        Flaw.If(file is null && !flaws.Any, "nothing is wrong with it, and it is not read");
        Flaw.If(file is not null && flaws.Any, "something is wrong with it, and it is read");
        if (file is null) return;
        var total = file.Targets.Addresses.IsDefaultOrEmpty ? file.Targets.Count : file.Targets.Addresses.Length;
        Flaw.If(OrderRules.OfOrder(file.Package.Package.Id, file.Targets) is not null, "it is read, and would be refused by a fleet");
        var refusal = file.Limits.Flaw() ?? file.Plan.Flaw(total);
        Flaw.If(refusal is not null, $"it is read, and would be refused by a fleet: {refusal}");
        _ = Openings.At(file.Plan.Schedule, Now);
        _ = file.Request("somebody", restart: false);
    }
}
