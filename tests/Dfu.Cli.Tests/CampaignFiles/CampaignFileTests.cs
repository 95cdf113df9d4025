using Dfu.Cli.CampaignFiles;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.CampaignFiles;

public sealed class CampaignFileTests : IDisposable
{
    private const string Least = "package: app.zip\ntargets: {all: true}\n";
    private const string Chosen = "package: app.zip\ntargets: {name: Sensor*, count: 100}\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-file-").FullName;

    public CampaignFileTests() => PackageMaker.Write(Path.Combine(_folder, "app.zip"));

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void The_least_file_is_a_package_and_its_devices()
    {
        var file = Sound(Least);
        Assert.True(file.Targets.All);
        Assert.Equal((CampaignPlan.UsualPriority, "", TimeSpan.FromSeconds(10)), (file.Plan.Priority, file.Plan.Name, file.Targets.ScanTime));
        Assert.Equal(new(), file.Limits);
    }

    [Fact]
    public void Every_field_is_read()
    {
        var file = Sound("""
            name: Sensors, week 48
            package: app.zip
            only: application
            targets:
              name: Sensor*
              scanTime: 30s
              count: 600
              feed: true
            groups:
              - {name: canary, count: 10, goOnAt: 90, approval: true, errors: {count: 1, action: stop}}
              - {percent: 12.5}
              - name: rest
            errors: {percent: 2.5}
            schedule:
              start: 2026-12-01T18:00
              end: "2026-12-02T06:00+02:00"
              zone: Europe/Berlin
              windows:
                - {days: [mon, tuesday], from: 18:00, to: 24:00}
            limits: {patience: 2min, maxConcurrency: 40, maxPerAdapter: 5, maxPerHost: 12, attempts: 20,
              fruitlessAttempts: 4, firstBackoff: 2, longestBackoff: 1min}
            priority: 7
            finish: {verify: true, characteristic: 0x2A26, expect: "2.1.0"}
            force: true
            """);
        Assert.Equal(("Sensors, week 48", 7, true), (file.Plan.Name, file.Plan.Priority, file.Plan.Force));
        Assert.Equal(("Sensor*", 600, true, 30), (file.Targets.NameGlob, file.Targets.Count, file.Targets.Feed, file.Targets.ScanTime.TotalSeconds));
        Assert.Equal(
            [("canary", 10, null, 90, true), ("", null, 12.5, 100, false), ("rest", null, null, 100, false)],
            file.Plan.Groups.Select(group => (group.Name, group.Count, group.Percent, group.GoOnAt, group.Approval)));
        Assert.Equal((1, ErrorAction.Stop), (file.Plan.Groups[0].Errors!.Count, file.Plan.Groups[0].Errors!.Action));
        Assert.Equal((null, 2.5, ErrorAction.Pause), (file.Plan.Errors!.Count, file.Plan.Errors.Percent, file.Plan.Errors.Action));
        var schedule = file.Plan.Schedule;
        Assert.Equal(new DateTimeOffset(2026, 12, 1, 17, 0, 0, TimeSpan.Zero), schedule.Start);
        Assert.Equal(new DateTimeOffset(2026, 12, 2, 4, 0, 0, TimeSpan.Zero), schedule.End);
        var window = Assert.Single(schedule.Windows);
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Tuesday], window.Days.ToArray());
        Assert.Equal((new TimeOnly(18, 0), TimeOnly.MinValue, "Europe/Berlin"), (window.From, window.To, schedule.Zone));
        var limits = file.Limits;
        Assert.Equal((120, 40, 5, 12), (limits.Patience.TotalSeconds, limits.MaxConcurrency, limits.MaxTransfersPerAdapter, limits.MaxTransfersPerHost));
        Assert.Equal((20, 4, 2, 60), (limits.MaxAttempts, limits.MaxFruitlessAttempts, limits.FirstBackoff.TotalSeconds, limits.LongestBackoff.TotalSeconds));
        Assert.Equal((Guid.Parse("00002a26-0000-1000-8000-00805f9b34fb"), "2.1.0"), (file.Plan.Finish.Characteristic, file.Plan.Finish.Expect));
    }

    [Theory]
    [InlineData("{\"package\": \"app.zip\", \"targets\": {\"name\": \"Sensor*\", \"count\": 3}, \"priority\": 9}")]
    [InlineData("\uFEFF  {\n\t\"package\": \"app.zip\",\n\t\"targets\": {\"name\": \"Sensor*\", \"count\": 3}, \"priority\": 9, \"$schema\": \"s.json\"}")]
    [InlineData("---\npackage: 'app.zip' # ours\ntargets:\n  name: \"Sensor*\"\n  count: 3\npriority: 9\n...\n")]
    public void Yaml_and_json_say_the_same(string content)
    {
        var file = Sound(content);
        Assert.Equal(("Sensor*", 3, 9), (file.Targets.NameGlob, file.Targets.Count, file.Plan.Priority));
    }

    [Fact]
    public void A_list_of_addresses_counts_each_once() => Assert.Equal(
        ["C0:98:76:54:00:02", "C0:98:76:54:00:04"],
        Sound("package: app.zip\ntargets:\n  - C0:98:76:54:00:02\n  - c0-98-76-54-00-04\n  - c09876540002\n").Targets.Addresses
            .Select(address => address.ToString()));

    [Fact]
    public void Paths_are_relative_to_the_file_and_labels_come_with_the_devices()
    {
        File.WriteAllText(Path.Combine(_folder, "units.csv"), "address;serial\nC0:98:76:54:00:02;SN-1\n");
        Assert.Equal("SN-1", Assert.Single(Sound("package: ./app.zip\ntargets: {csv: units.csv}\n").Targets.Labels).Serial);
    }

    [Theory]
    [InlineData("", "1:1: the file is empty - Write a campaign: it needs package and targets")]
    [InlineData("just words", "1:1: the file: 'just words' is not a campaign")]
    [InlineData("- a\n- b", "1:1: the file is a list, not a campaign")]
    [InlineData("targets: {all: true}", "1:1: a campaign has no package - Write package: and a path")]
    [InlineData("package: app.zip", "1:1: a campaign has no targets - Write targets: and a list of addresses, or fields that choose devices")]
    [InlineData(Least + "prioritty: 3", "3:1: unknown field 'prioritty' in a campaign - Did you mean priority?")]
    [InlineData(Least + "colour: red", "3:1: unknown field 'colour' in a campaign - Its fields are name, package")]
    [InlineData(
        Least + "one-far-longer-than-any-there-is-or-would-be-read-in-a-message: 1",
        "3:1: unknown field 'one-far-longer-than-any-there-is-or-would-be-read-in-a-me...' in a campaign")]
    [InlineData(Least + "priority: 10", "3:11: priority: '10' is not a whole number from 1 to 9 - Write a whole number")]
    [InlineData(Least + "priority: \"5\"", "3:11: priority: '5' is not a whole number from 1 to 9 - Leave out the quotes")]
    [InlineData(Least + "priority: high", "3:11: priority: 'high' is not a whole number from 1 to 9")]
    [InlineData(Least + "priority: 5.5", "3:11: priority: '5.5' is not a whole number from 1 to 9")]
    [InlineData(Least + "priority: [5]", "3:11: priority is a list, not a whole number from 1 to 9")]
    [InlineData(Least + "priority:", "3:10: priority has no value - Give it a whole number from 1 to 9, or leave the field out")]
    [InlineData(Least + "priority: 5\npriority: 6", "4:1: priority stands in line 3 already - Leave out one of them")]
    [InlineData(Least + "force: yes", "3:8: force: 'yes' is not true or false - Write true or false")]
    [InlineData(Least + "force: ture", "3:8: force: 'ture' is not true or false - Did you mean true?")]
    [InlineData(
        Least + "only: aplication",
        "3:7: only: 'aplication' is not one of application, softdevice, bootloader, softdevice_bootloader - Did you mean application?")]
    [InlineData(Least + "only: softdevice", "3:7: ")]
    [InlineData(Least + "name: 012345678901234567890123456789012345678901234567890123456789012345678901234567890", "3:7: name: '0123456789")]
    [InlineData(Least + "limits: {patience: 0}", "3:20: patience: '0' is not a time from 1s to 168h such as 90s or 2min")]
    [InlineData(Least + "limits: {patience: forever}", "3:20: patience: 'forever' is not a time")]
    [InlineData(Least + "limits: {maxPerAdapter: 0}", "3:25: maxPerAdapter: '0' is not a whole number from 1 to 4096")]
    [InlineData(Least + "limits: {firstBackoff: 60, longestBackoff: 30}", "3:24: pauses between attempts are longer than nothing")]
    [InlineData(
        Least + "schedule: {zone: Europe/Berlni}",
        "3:18: zone: 'Europe/Berlni' is not a time zone such as Europe/Berlin - Did you mean Europe/Berlin?")]
    [InlineData(Least + "schedule: {start: tomorrow}", "3:19: start: 'tomorrow' is not a time such as 2026-12-01T18:00")]
    [InlineData(Least + "schedule: {start: 2026-12-02T18:00, end: 2026-12-01T18:00}", "3:42: a campaign's end comes after its start")]
    [InlineData(Least + "schedule: {windows: [{from: 18:00}]}", "3:22: a time window has no to - Write to: and a time of day such as 18:00")]
    [InlineData(Least + "schedule: {windows: [{from: 25:00, to: 6:00}]}", "3:29: from: '25:00' is not a time of day such as 18:00")]
    [InlineData(Least + "schedule: {windows: [{days: [mon, funday], from: 18:00, to: 19:00}]}", "3:35: days: 'funday' is not one of monday, tuesday")]
    [InlineData(Least + "schedule: {windows: []}", "3:21: windows is empty")]
    [InlineData(Least + "groups: [{count: 10}]\n", null)]
    [InlineData(Chosen + "groups: [{count: 10, percent: 5}, {}]", "3:10: give its size by count or by percent, not both")]
    [InlineData(Chosen + "groups:\n  - name: canary\n  - name: rest", "4:5: only the last group may have no size")]
    [InlineData(Chosen + "groups: [{percent: 60}, {percent: 60}]", "3:9: the groups are more than 100 percent together")]
    [InlineData(Chosen + "groups: [{percent: 5, goOnAt: 0}, {}]", "3:31: goOnAt: '0' is not a number above 0 and at most 100")]
    [InlineData(Chosen + "groups: [{count: 5, errors: {action: pause}}, {}]", "3:29: failures that are too many are given by count or by percent")]
    [InlineData(Least + "groups: [{percent: 5}, {}]", "3:10: percent of how many? Give the number of devices, or the group's count")]
    [InlineData(Least + "errors: {count: 1, percent: 5}", "3:9: failures that are too many are given by count or by percent")]
    [InlineData(Least + "errors: {count: 1, action: panic}", "3:28: action: 'panic' is not one of pause, stop")]
    [InlineData(Least + "finish: {verify: false, expect: x}", "3:9: a finish that is not verified expects nothing")]
    [InlineData(Least + "finish: {characteristic: 2A26}", "3:26: characteristic: '2A26' is not a characteristic such as 0x2A26, or its UUID")]
    [InlineData(
        "package: app.zip\ntargets: {name: a, all: true}",
        "2:25: targets choose devices by name and by all - Give exactly one of addresses, csv, name and all: true")]
    [InlineData("package: app.zip\ntargets: {all: false}", "2:10: targets choose no devices")]
    [InlineData("package: app.zip\ntargets: {addresses: [C0:98:76:54:00:02], count: 3}", "2:50: count goes with name or all")]
    [InlineData("package: app.zip\ntargets: [C0:98:76]", "2:11: targets: 'C0:98:76' is not an address such as C0:98:76:54:32:10")]
    [InlineData("package: app.zip\ntargets: {csv: none.csv}", "2:16: ")]
    [InlineData("package: none.zip\ntargets: {all: true}", "1:10: ")]
    [InlineData(Least + "publicKey: none.pem", "3:12: ")]
    public void A_mistake_is_named_with_its_place(string content, string? line)
    {
        var flaws = Flaws(content);
        if (line is null) Assert.Empty(flaws);
        else Assert.StartsWith("c.yaml:" + line, Assert.Single(flaws), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("package: [", "2:1: this is not YAML")]
    [InlineData("package: app.zip\ntargets: [C0:98:76:54:32:10\npriority: 9\nforce: true\n", "2:")]
    [InlineData("%TAG ! \npackage: app.zip\n", "1:1: this is not YAML")]
    [InlineData("package: !<> app.zip\n", "1:")]
    [InlineData("package: app.zip\n  targets: {all: true}", "2:")]
    [InlineData("package: app.zip\n\ttargets: 1", "2:")]
    [InlineData("{\"package\": \"app.zip\",}", "1:23: this is not JSON: The JSON object contains a trailing comma at the end - ")]
    [InlineData("{\n\"package\": \"app.zip\"\n\"targets\": 1}", "3:1: this is not JSON")]
    [InlineData("{\"package\": \"app.zip\", \"targets\": {\"all\": true}} x", "1:50: this is not JSON")]
    [InlineData("{\"package\": \"app.zip\", \"targets\": {\"all\": \"true\"}}", "1:43: all: 'true' is not true or false - Leave out the quotes")]
    [InlineData("{\"package\": 5, \"targets\": {\"all\": true}}", "1:13: package: '5' is not a path - Put it in quotes")]
    [InlineData("{\"package\": null, \"targets\": {\"all\": true}}", "1:13: package has no value")]
    [InlineData("{\"targets\": {\"all\": true}, \"targets\": {\"all\": true}, \"package\": \"app.zip\"}", "1:28: targets stands in line 1 already")]
    [InlineData("a: &x 1\npackage: *x", "1:4: the anchor &x stands here")]
    [InlineData(Least + "name: !!binary aGVsbG8=", "3:7: tags are not supported")]
    [InlineData(Least + "---\npackage: other.zip", "3:1: a second document begins here")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]", "1:17: more than 16 levels")]
    [InlineData("{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}", "1:")]
    public void What_is_no_campaign_is_refused_where_it_stops_to_be_one(string content, string line) =>
        Assert.StartsWith("c.yaml:" + line, Flaws(content)[0], StringComparison.Ordinal);

    [Fact]
    public void A_file_that_would_grow_without_bounds_is_refused_at_its_first_alias()
    {
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(0, 20).Select(i => (Name: (char)('b' + i), Times: string.Join(',', Enumerable.Repeat("*" + (char)('a' + i), 9))))
                .Select(line => $"{line.Name}: &{line.Name} [{line.Times}]\n"));
        Assert.Contains(Flaws(bomb), line => line.Contains("aliases are not supported", StringComparison.Ordinal));
    }

    [Fact]
    public void All_mistakes_are_named_at_once_in_the_order_of_the_file()
    {
        var flaws = Flaws("nam: x\npackage: app.zip\ntargets: {name: Sensor*, conut: 5}\npriority: 12\ngroups:\n  - count: many\n");
        Assert.Equal(["1:1", "3:26", "4:11", "6:12"], flaws.Select(line => string.Join(':', line.Split(':')[1..3])));
        flaws = Flaws("package: none.zip\ntargets: {csv: none.csv}\nerrors: {}\nfinish: {verify: false, expect: x}\nlimits: {firstBackoff: 60}");
        Assert.Equal(["1", "2", "5"], flaws.Select(line => line.Split(':')[1]));
    }

    [Fact]
    public void Something_else_than_a_text_is_named()
    {
        var refused = Assert.Throws<DfuException>(() => CampaignFile.Read(Path.Combine(_folder, "app.zip"), new()));
        Assert.Contains("this is", refused.Message, StringComparison.Ordinal);
        Assert.Throws<DfuException>(() => CampaignFile.Read(_folder, new()));
        Assert.Throws<DfuException>(() => CampaignFile.Read(Path.Combine(_folder, "nothing.yaml"), new()));
        File.WriteAllBytes(Path.Combine(_folder, "large.yaml"), new byte[(1 << 20) + 1]);
        refused = Assert.Throws<DfuException>(() => CampaignFile.Read(Path.Combine(_folder, "large.yaml"), new()));
        Assert.Contains("larger", refused.Message, StringComparison.Ordinal);
    }

    private CampaignFile Sound(string content)
    {
        var flaws = new FileFlaws();
        var file = Read(content, flaws);
        Assert.True(file is not null && !flaws.Any, string.Join('\n', flaws.All.Select(flaw => flaw.Line("c.yaml"))));
        return file;
    }

    private List<string> Flaws(string content)
    {
        var flaws = new FileFlaws();
        var file = Read(content, flaws);
        Assert.Equal(flaws.Any, file is null);
        return [.. flaws.All.Select(flaw => flaw.Line("c.yaml"))];
    }

    private CampaignFile? Read(string content, FileFlaws flaws)
    {
        var path = Path.Combine(_folder, "c.yaml");
        File.WriteAllText(path, content);
        return CampaignFile.Read(path, flaws);
    }
}
