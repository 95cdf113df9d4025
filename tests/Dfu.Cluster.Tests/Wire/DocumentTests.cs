using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Wire;

/// <summary>The JSON of stored states, of events and of records that travel: every released document is still read, whole.</summary>
public sealed class DocumentTests
{
    private const string NewerField = "aFieldOfANewerVersion";

    /// <summary>Objects whose field names are data.</summary>
    private static readonly string[] Dictionaries = ["results", "askedAgain", "heardOf", "classes", "over", "packages"];

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
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

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

    /// <param name="Samples">Documents as they are written today.</param>
    /// <param name="ReadAndWrite">Reads a document and writes what was read.</param>
    private sealed record Kind(string[] Samples, Func<string, string> ReadAndWrite)
    {
        public static Kind Of<T>() => new([FleetJson.Write((T)Filler.Of(typeof(T)))], ReadAndWriteAs<T>);

        public static Kind OfEvents<T>() => new(
            [.. Filler.Kinds<T>().Select(static e => FleetJson.Write(ImmutableArray.Create(e)))],
            ReadAndWriteAs<ImmutableArray<T>>);

        private static string ReadAndWriteAs<T>(string document) => FleetJson.Write(FleetJson.Read<T>(document));
    }
}
