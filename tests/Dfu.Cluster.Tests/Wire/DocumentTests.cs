using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dfu.Fleet.Access;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Wire;

/// <summary>The JSON of stored states, of events and of records that travel: every released document is still read, whole.</summary>
public sealed class DocumentTests
{
    private const string NewerField = "aFieldOfANewerVersion";

    /// <summary>Objects whose field names are data.</summary>
    private static readonly string[] Dictionaries = ["results", "askedAgain", "heardOf", "classes", "over", "packages", "rssi"];

    private static readonly Dictionary<string, Kind> Kinds = new()
    {
        ["device"] = Kind.Of<DeviceState>(),
        ["device-record"] = Kind.Of<DeviceRecord>(),
        ["device-history"] = Kind.Of<DeviceHistory>(),
        ["directory"] = Kind.Of<DirectoryState>(),
        ["campaign-summary"] = Kind.Of<CampaignSummary>(),
        ["campaign-labels"] = Kind.Of<CampaignLabels>(),
        ["campaign"] = Kind.Of<CampaignState>(),
        ["adapter"] = Kind.Of<AdapterState>(),
        ["class"] = Kind.Of<ClassState>(),
        ["campaign-frame"] = Kind.Of<CampaignFrame>(),
        ["device-row"] = Kind.Of<DeviceRow>(),
        ["signals"] = Kind.Of<SignalColumns>(),
        ["limits"] = Kind.Of<CampaignLimits>(),
        ["adapter-view"] = Kind.Of<AdapterView>(),
        ["targets"] = Kind.Of<TargetSelection>(),
        ["knowledge"] = Kind.Of<CampaignKnowledge>(),
        ["granted"] = Kind.Of<DeviceEvent.Granted>(),
        ["history"] = Kind.Of<HistoryEntry>(),
        ["audit-head"] = Kind.Of<AuditHead>(),
        ["audit-page"] = Kind.Of<AuditPage>(),
        ["retention"] = Kind.Of<RetentionState>(),
        ["retention-wish"] = Kind.Of<RetentionWish>(),
        ["device-events"] = Kind.OfEvents<DeviceEvent>(),
        ["campaign-events"] = Kind.OfEvents<CampaignEvent>(),
        ["campaign-entry"] = Kind.Of<CampaignEntry>(),
        ["campaign-standing"] = Kind.Of<CampaignStanding>(),
        ["campaign-control"] = Kind.Of<CampaignControl>(),
        ["campaign-plan"] = Kind.Of<CampaignPlan>(),
        ["finish-plan"] = Kind.Of<FinishPlan>(),
        ["target-label"] = Kind.Of<TargetLabel>(),
        ["passport"] = Kind.Of<DevicePassport>(),
        ["adapter-control"] = Kind.Of<AdapterControl>(),
        ["heard-air"] = Kind.Of<HeardAir>(),
        ["kept-package"] = Kind.Of<KeptPackage>(),
        ["audit-entry"] = Kind.Of<AuditEntry>(),
        ["access-key-ring"] = Kind.Of<AccessKeyRing>(),
        ["held-key"] = Kind.Of<HeldKey>(),
        ["attempt-name"] = Kind.Of<AttemptName>(),
        ["attempt-order"] = Kind.Of<AttemptOrder>(),
        ["attempt-stop"] = Kind.Of<AttemptStop>(),
        ["attempt-report"] = Kind.Of<AttemptReport>(),
        ["report-receipt"] = Kind.Of<ReportReceipt>(),
        ["adapter-opening"] = Kind.Of<AdapterOpening>(),
        ["campaign-order"] = Kind.Of<CampaignOrder>(),
        ["campaign-ticket"] = Kind.Of<CampaignTicket>(),
        ["campaign-place"] = Kind.Of<CampaignPlace>(),
        ["campaign-watch"] = Kind.Of<CampaignWatch>(),
        ["learned-report"] = Kind.Of<LearnedReport>(),
        ["adapter-report"] = Kind.Of<AdapterReport>(),
        ["slot-request"] = Kind.Of<SlotRequest>(),
        ["air-report"] = Kind.Of<AirReport>(),
        ["live-report"] = Kind.Of<LiveReport>(),
        ["control-answer"] = Kind.Of<ControlAnswer>(),
        ["package-answer"] = Kind.Of<PackageAnswer>(),
        ["directory-changes"] = Kind.Of<DirectoryChanges>(),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Fact]
    public void Everything_that_travels_as_a_document_is_one_that_is_held_here() => Assert.Empty(
        WireTypes.Converted.Where(static pair => pair.Surrogate == typeof(Document)).Select(static pair => pair.Type)
            .Except(Kinds.Values.Select(static kind => kind.Type)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_released_document_is_read_and_nothing_in_it_is_lost(string name)
    {
        var kind = Kinds[name];
        var released = Released.Read(name + ".jsonl").ToList();
        var missing = kind.Samples.Where(sample => !released.Any(document => Covers(document, sample))).ToArray();
        if (Released.Writing)
        {
            released.AddRange(missing);
            Released.Write(name + ".jsonl", released);
            missing = [];
        }

        Assert.True(missing.Length == 0, $"not written down yet:{string.Concat(missing.Select(static sample => $"\n  {sample}"))}\n{Released.HowToAdd}");
        Assert.NotEmpty(released);
        foreach (var document in released)
        {
            var lost = Differences(JsonNode.Parse(document)!, JsonNode.Parse(kind.ReadAndWrite(document))!, "").ToArray();
            Assert.True(lost.Length == 0, $"of {document}\n  {string.Join("\n  ", lost)}\n{Released.HowToAdd}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_document_of_a_newer_version_with_more_fields_is_read(string name)
    {
        foreach (var document in Released.Read(name + ".jsonl"))
        {
            var newer = JsonNode.Parse(document)!;
            Extend(newer, "");
            var again = JsonNode.Parse(Kinds[name].ReadAndWrite(newer.ToJsonString()))!;
            Assert.Empty(Differences(JsonNode.Parse(document)!, again, ""));
            Assert.DoesNotContain(NewerField, again.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("campaign-frame", """{"id":"c","packageId":"p","at":"2026-03-01T12:00:00+00:00"}""")]
    [InlineData("campaign-frame", """{"id":"c","packageId":"p","at":"2026-03-01T12:00:00+00:00","adapters":[{"id":"a"}],"transfers":{}}""")]
    [InlineData("device-row", """{"index":3,"view":{"application":"C0:00:00:00:00:02"}}""")]
    [InlineData("limits", "{}")]
    [InlineData("adapter-view", """{"id":"a"}""")]
    [InlineData("targets", """{"all":true}""")]
    public void A_document_of_an_older_version_with_fewer_fields_gets_the_defaults(string name, string document)
    {
        var again = JsonNode.Parse(Kinds[name].ReadAndWrite(document))!.AsObject();
        Assert.DoesNotMatch("\"(detail|name|resumes|devices|adapters|notices|addresses)\":null", again.ToJsonString());
        if (name == "targets") Assert.Equal("00:00:10", again["scanTime"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("device")]
    [InlineData("device-record")]
    [InlineData("device-history")]
    [InlineData("directory")]
    [InlineData("campaign-summary")]
    [InlineData("campaign-labels")]
    [InlineData("campaign")]
    [InlineData("adapter")]
    [InlineData("class")]
    [InlineData("retention")]
    public void A_state_of_a_newer_format_is_refused_and_not_misread(string name)
    {
        var newer = JsonNode.Parse(Released.Read(name + ".jsonl")[0])!.AsObject();
        newer["v"] = 1000;
        var refused = Assert.Throws<DfuException>(() => Kinds[name].ReadAndWrite(newer.ToJsonString()));
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
    }

    /// <summary>Everything of the first that the second lacks or has otherwise.</summary>
    private static IEnumerable<string> Differences(JsonNode? expected, JsonNode? actual, string path) => (expected, actual) switch
    {
        (JsonObject before, JsonObject after) => before.SelectMany(field => Differences(field.Value, after[field.Key], $"{path}/{field.Key}")),
        (JsonArray before, JsonArray after) when before.Count == after.Count =>
            before.SelectMany((item, index) => Differences(item, after[index], $"{path}/{index}")),
        _ when JsonNode.DeepEquals(expected, actual) => [],
        _ => [$"{path} was {expected?.ToJsonString() ?? "null"} and is {actual?.ToJsonString() ?? "null"}"],
    };

    /// <summary>Whether a released document has every field of a present one; for events, of the same kind.</summary>
    private static bool Covers(string released, string sample) => Covers(JsonNode.Parse(released)!, JsonNode.Parse(sample)!);

    private static bool Covers(JsonNode? released, JsonNode? sample) => (released, sample) switch
    {
        (JsonObject there, JsonObject wanted) => wanted.All(field => there.ContainsKey(field.Key)
            && (field.Key != "kind" || JsonNode.DeepEquals(there["kind"], field.Value)) && Covers(there[field.Key], field.Value)),
        (JsonArray there, JsonArray wanted) => there.Count == wanted.Count
            && wanted.Select((item, index) => Covers(there[index], item)).All(static covered => covered),
        _ => true,
    };

    private static void Extend(JsonNode? node, string field)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items) Extend(item, field);
        }

        if (node is not JsonObject members) return;
        foreach (var (name, value) in members.ToArray()) Extend(value, name);
        if (!Dictionaries.Contains(field)) members[NewerField] = new JsonObject { ["x"] = 1 };
    }

    /// <param name="Type">What the documents are.</param>
    /// <param name="Samples">Documents as they are written today.</param>
    /// <param name="ReadAndWrite">Reads a document and writes what was read.</param>
    private sealed record Kind(Type Type, string[] Samples, Func<string, string> ReadAndWrite)
    {
        public static Kind Of<T>() => new(typeof(T), [FleetJson.Write((T)Filler.Of(typeof(T)))], ReadAndWriteAs<T>);

        public static Kind OfEvents<T>() => new(
            typeof(T),
            [.. Filler.Kinds<T>().Select(static e => FleetJson.Write(ImmutableArray.Create(e)))],
            ReadAndWriteAs<ImmutableArray<T>>);

        private static string ReadAndWriteAs<T>(string document) => FleetJson.Write(FleetJson.Read<T>(document));
    }
}
