using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dfu.Cli.CampaignFiles;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;

namespace Dfu.Cli.Tests.CampaignFiles;

/// <summary>The table of fields, the schema, the docs and what a plan can hold say the same. DFU_WRITE_DOCS=1 writes what is made of the table.</summary>
public sealed partial class CampaignSchemaTests
{
    private static readonly string Docs = Path.Combine(Root(), "docs");

    private static readonly Dictionary<string, MapShape> Maps = new()
    {
        ["The file"] = CampaignFields.Root,
        ["targets"] = CampaignFields.Targets,
        ["groups"] = CampaignFields.Group,
        ["errors"] = CampaignFields.Errors,
        ["schedule"] = CampaignFields.Schedule,
        ["windows"] = CampaignFields.Window,
        ["limits"] = CampaignFields.Limits,
        ["finish"] = CampaignFields.Finish,
    };

    [Fact]
    public void The_schema_in_the_docs_is_that_of_the_fields() => Same("campaign.schema.json", CampaignSchema.Text());

    [Fact]
    public void The_docs_have_every_field()
    {
        var path = Path.Combine(Docs, "campaign.md");
        var text = File.ReadAllText(path);
        var made = new StringBuilder();
        foreach (var (name, map) in Maps)
        {
            made.Append($"### {name}\n\n| field | value | meaning |\n|---|---|---|\n");
            foreach (var field in map.Fields)
                made.Append($"| `{field.Name}`{(field.Required ? " (required)" : "")} | {field.Shape.Expected} | {field.Description} |\n");
            made.Append('\n');
        }

        var whole = TableOfFields().Replace(text, match => $"{match.Groups[1].Value}{made}{match.Groups[3].Value}", 1);
        Same("campaign.md", whole);
    }

    [Theory]
    [InlineData(typeof(CampaignPlan), "The file", "Groups", "Errors", "Schedule", "Finish")]
    [InlineData(typeof(GroupPlan), "groups", "Errors")]
    [InlineData(typeof(ErrorRule), "errors")]
    [InlineData(typeof(CampaignSchedule), "schedule", "Windows")]
    [InlineData(typeof(TimeWindow), "windows")]
    [InlineData(typeof(FinishPlan), "finish")]
    [InlineData(
        typeof(CampaignLimits),
        "limits",
        "MaxTransfersPerAdapter:maxPerAdapter",
        "MaxTransfersPerHost:maxPerHost",
        "MaxAttempts:attempts", "MaxFruitlessAttempts:fruitlessAttempts")]
    [InlineData(typeof(TargetSelection), "targets", "Labels:csv", "NameGlob:name")]
    public void Whatever_a_plan_can_hold_has_a_field(Type type, string map, params string[] otherNames)
    {
        var others = otherNames.Where(name => name.Contains(':', StringComparison.Ordinal)).ToDictionary(
            name => name.Split(':')[0], name => name.Split(':')[1]);
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is not null).Select(property => property.Name);
        Assert.Empty(properties
            .Select(name => others.GetValueOrDefault(name) ?? char.ToLowerInvariant(name[0]) + name[1..])
            .Except(Maps[map].Fields.Select(field => field.Name)));
    }

    [Fact]
    public void Every_example_in_the_docs_is_sound_and_fits_the_schema()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-examples-").FullName;
        try
        {
            PackageMaker.Write(Path.Combine(folder, "app.zip"));
            Directory.CreateDirectory(Path.Combine(folder, "build"));
            PackageMaker.Write(Path.Combine(folder, "build", "app.zip"));
            File.WriteAllText(Path.Combine(folder, "units.csv"), "address,serial,label,order number\nC0:98:76:54:32:10,SN-1,red,4711\n");
            var schema = JsonNode.Parse(CampaignSchema.Text())!.AsObject();
            var examples = Example().Matches(File.ReadAllText(Path.Combine(Docs, "campaign.md"))).Select(match => match.Groups[2].Value).ToList();
            Assert.True(examples.Count >= 4, $"{examples.Count} examples");
            foreach (var example in examples)
            {
                var path = Path.Combine(folder, "campaign.yaml");
                File.WriteAllText(path, example);
                var flaws = new FileFlaws();
                Assert.True(CampaignFile.Read(path, flaws) is not null, string.Join('\n', flaws.All.Select(flaw => flaw.Line("example"))) + "\n" + example);
                Assert.Equal([], SchemaCheck.Flaws(schema, Plain(CampaignFile.Root(Encoding.UTF8.GetBytes(example), flaws)!)));
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Theory]
    [InlineData("{\"package\": \"a.zip\"}")]
    [InlineData("{\"package\": \"a.zip\", \"targets\": []}")]
    [InlineData("{\"package\": \"a.zip\", \"targets\": {\"all\": true}, \"colour\": 1}")]
    [InlineData("{\"package\": \"a.zip\", \"targets\": {\"all\": true}, \"priority\": 10}")]
    [InlineData("{\"package\": \"a.zip\", \"targets\": {\"all\": true}, \"limits\": {\"patience\": \"soon\"}}")]
    [InlineData("{\"package\": \"a.zip\", \"targets\": {\"all\": true}, \"schedule\": {\"windows\": [{\"from\": \"25:00\", \"to\": \"1:00\"}]}}")]
    [InlineData("{\"package\": \"a.zip\", \"targets\": [\"C0:98\"]}")]
    [InlineData("{\"package\": \"a.zip\", \"targets\": {\"all\": \"yes\"}}")]
    public void The_schema_refuses_what_the_file_does(string json)
    {
        var flaws = new FileFlaws();
        Assert.False(CampaignFields.Root.Check("the file", CampaignFile.Root(Encoding.UTF8.GetBytes(json), flaws)!, flaws));
        Assert.NotEmpty(SchemaCheck.Flaws(JsonNode.Parse(CampaignSchema.Text())!.AsObject(), JsonNode.Parse(json)));
    }

    /// <summary>As an editor reads it.</summary>
    private static JsonNode? Plain(FileNode node) => node switch
    {
        FileMap map => new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, Plain(entry.Value)))),
        FileList list => new JsonArray([.. list.Items.Select(Plain)]),
        FileValue { Notation: Notation.Quoted } text => text.Text,
        FileValue { Text: "true" or "false" } flag => flag.Text == "true",
        FileValue value => Values.TryNumber(value.Text, out var number) ? number : value.Text,
        _ => null,
    };

    private static void Same(string file, string made)
    {
        var path = Path.Combine(Docs, file);
        if (Environment.GetEnvironmentVariable("DFU_WRITE_DOCS") == "1") File.WriteAllText(path, made);
        Assert.Equal(made, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Dfu.Orleans.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException();
        return folder;
    }

    [GeneratedRegex("```(yaml|json)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex("(<!-- fields -->\n\n)(.*?)(<!-- end of fields -->)", RegexOptions.Singleline)]
    private static partial Regex TableOfFields();
}
