using System.Text.Json.Nodes;
using Dfu.Cli.Arguments;

namespace Dfu.Cli.CampaignFiles;

/// <summary>What a field may hold: checks a file, and describes itself to editors.</summary>
internal abstract record Shape
{
    /// <summary>In words that follow <c>is not</c>: <c>a whole number from 1 to 9</c>.</summary>
    public abstract string Expected { get; }

    /// <summary>Says what is wrong with a value, of everything in it.</summary>
    /// <param name="name">The field's, for the flaws.</param>
    public abstract bool Check(string name, FileNode node, FileFlaws flaws);

    public abstract JsonObject Schema();

    protected bool Refuse(string name, FileNode node, FileFlaws flaws) => flaws.Add(
        node.Place,
        node switch
        {
            FileValue { IsNothing: true } => $"{name} has no value",
            FileValue value => $"{name}: '{Shorten(value.Text)}' is not {Expected}",
            FileList => $"{name} is a list, not {Expected}",
            _ => $"{name} has fields, and is {Expected}",
        },
        node is FileValue { IsNothing: true } ? $"Give it {Expected}, or leave the field out." : Remedy(node));

    /// <param name="node">What stands there instead.</param>
    protected virtual string Remedy(FileNode node) => $"Write {Expected}.";

    /// <summary>What somebody wrote, fit for a message.</summary>
    protected static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}

/// <summary>One value.</summary>
/// <param name="Words">What is right, in words.</param>
/// <param name="Fits">Whether a value is right.</param>
/// <param name="Describe">Makes its part of the schema.</param>
internal sealed record ValueShape(string Words, Func<FileValue, bool> Fits, Func<JsonObject> Describe) : Shape
{
    /// <summary>Words of which a wrong one may mean one.</summary>
    public Func<IEnumerable<string>> Known { get; init; } = static () => [];

    public override string Expected => Words;

    public override bool Check(string name, FileNode node, FileFlaws flaws) =>
        node is FileValue { IsNothing: false } value && Fits(value) || Refuse(name, node, flaws);

    public override JsonObject Schema() => Describe();

    protected override string Remedy(FileNode node) => node switch
    {
        FileValue { Notation: Notation.Quoted } value when Fits(value with { Notation = Notation.Plain }) => "Leave out the quotes.",
        FileValue { Notation: Notation.Literal } value when Fits(value with { Notation = Notation.Quoted }) => "Put it in quotes.",
        FileValue value when Suggestions.For(value.Text, Known()) is { } meant => $"Did you mean {meant}?",
        _ => base.Remedy(node),
    };
}

/// <summary>A list of values of one shape.</summary>
/// <param name="What">In words: <c>a list of addresses</c>.</param>
internal sealed record ListShape(string What, Shape Item, int Most) : Shape
{
    public override string Expected => What;

    public override bool Check(string name, FileNode node, FileFlaws flaws)
    {
        if (node is not FileList list) return Refuse(name, node, flaws);
        var right = list.Items.Count switch
        {
            0 => flaws.Add(list.Place, $"{name} is empty", $"Write {What}, or leave the field out."),
            var count when count > Most => flaws.Add(list.Place, $"{name} has {count} entries, and at most {Most} are possible", "Make several campaigns."),
            _ => true,
        };
        foreach (var item in list.Items) right &= Item.Check(name, item, flaws);
        return right;
    }

    public override JsonObject Schema() => new() { ["type"] = "array", ["items"] = Item.Schema(), ["minItems"] = 1, ["maxItems"] = Most };

    protected override string Remedy(FileNode node) => $"Write {What}, each behind a hyphen and a space.";
}

/// <summary>A field of a map.</summary>
/// <param name="Description">A sentence for people: in editors, and in the docs.</param>
internal sealed record Field(string Name, Shape Shape, string Description, bool Required = false);

/// <summary>Named fields, each at most once.</summary>
/// <param name="What">In words: <c>a group</c>.</param>
internal sealed record MapShape(string What, params Field[] Fields) : Shape
{
    public override string Expected => What;

    public override bool Check(string name, FileNode node, FileFlaws flaws)
    {
        if (node is not FileMap map) return Refuse(name, node, flaws);
        var right = true;
        var seen = new Dictionary<string, FilePlace>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Entries)
        {
            if (seen.TryGetValue(key.Text, out var first))
                right &= flaws.Add(key.Place, $"{Shorten(key.Text)} stands in line {first.Line} already", "Leave out one of them.");
            else if (Array.Find(Fields, field => field.Name == key.Text) is { } known)
                right &= known.Shape.Check(known.Name, value, flaws);
            else
                right &= flaws.Add(key.Place, $"unknown field '{Shorten(key.Text)}' in {What}", Meant(key.Text));
            seen.TryAdd(key.Text, key.Place);
        }

        foreach (var missing in Fields.Where(field => field.Required && !seen.ContainsKey(field.Name)))
            right &= flaws.Add(map.Place, $"{What} has no {missing.Name}", $"Write {missing.Name}: and {missing.Shape.Expected}.");
        return right;
    }

    public override JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var field in Fields)
        {
            var schema = field.Shape.Schema();
            schema["description"] = field.Description;
            properties[field.Name] = schema;
        }

        var all = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        string[] required = [.. Fields.Where(static field => field.Required).Select(static field => field.Name)];
        if (required.Length > 0) all["required"] = new JsonArray([.. required.Select(static name => (JsonNode)name)]);
        return all;
    }

    protected override string Remedy(FileNode node) => $"Write its fields: {string.Join(", ", Fields.Select(static field => field.Name))}.";

    private string Meant(string word) => Suggestions.For(word, Fields.Select(static field => field.Name)) is { } meant
        ? $"Did you mean {meant}?"
        : $"Its fields are {string.Join(", ", Fields.Where(static field => field.Name[0] != '$').Select(static field => field.Name))}.";
}

/// <summary>A list, or a map that says more.</summary>
internal sealed record EitherShape(ListShape List, MapShape Map) : Shape
{
    public override string Expected => $"{List.Expected}, or {Map.Expected}";

    public override bool Check(string name, FileNode node, FileFlaws flaws) => node switch
    {
        FileList => List.Check(name, node, flaws),
        FileMap => Map.Check(name, node, flaws),
        _ => Refuse(name, node, flaws),
    };

    public override JsonObject Schema() => new() { ["oneOf"] = new JsonArray(List.Schema(), Map.Schema()) };
}
