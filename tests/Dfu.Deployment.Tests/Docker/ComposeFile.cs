using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Dfu.Deployment.Tests.Docker;

/// <summary>A compose file as it is without variables of the environment.</summary>
internal sealed partial class ComposeFile
{
    public const string Folder = "docker";
    private const string Prefix = "compose.";

    private readonly YamlMap _root;

    public ComposeFile(string name)
    {
        Name = name;
        var text = Variable().Replace(Repository.Read($"{Folder}/{name}"), static match => match.Groups["usual"].Value);
        _root = YamlMap.Parse(text);
        Services = [.. _root.Map("services").Entries.Select(entry => new ComposeService(this, entry.Key, entry.Value))];
    }

    public string Name { get; }

    public IReadOnlyList<ComposeService> Services { get; }

    public IReadOnlyCollection<string> Volumes => [.. _root.Map("volumes").Keys];

    public IReadOnlyCollection<string> Networks => [.. _root.Map("networks").Keys];

    public string? Subnet => _root.Map("networks").Map("default").Map("ipam").Maps("config") is [var first, ..] ? first.Text("subnet") : null;

    public IReadOnlyDictionary<string, string> Secrets =>
        _root.Map("secrets").Entries.ToDictionary(static entry => entry.Key, static entry => entry.Value.Text("file") ?? "");

    /// <summary>Every compose file by name.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(Path.Combine(Repository.Root, Folder), $"{Prefix}*.yaml").Select(static path => Path.GetFileName(path)!).Order()];

    public static IReadOnlyList<ComposeFile> All { get; } = [.. Names.Select(static name => new ComposeFile(name))];

    /// <summary>Those of this product, whichever file they are in.</summary>
    public static IEnumerable<ComposeService> Ours => All.SelectMany(static file => file.Services).Where(static service => service.IsOurs);

    public override string ToString() => Name;

    [GeneratedRegex(@"\$\{[A-Z_]+(?<rule>:?-)(?<usual>[^}]*)\}")]
    private static partial Regex Variable();
}

/// <summary>One service.</summary>
internal sealed class ComposeService(ComposeFile file, string name, YamlMap values)
{
    public ComposeFile File => file;

    public string Name => name;

    public YamlMap Values => values;

    public string Image => values.Text("image") ?? "";

    public bool IsOurs => Image.StartsWith("dfu:", StringComparison.Ordinal);

    public IReadOnlyList<string> Command => values.Texts("command");

    public bool OnHostNetwork => values.Text("network_mode") == "host";

    /// <summary>All values that an option is given.</summary>
    public IEnumerable<string> ValuesOf(string option) => Command.Zip(Command.Skip(1)).Where(pair => pair.First == option).Select(static pair => pair.Second);

    public override string ToString() => $"{name} in {file.Name}";
}

/// <summary>A mapping of a YAML document, with merge keys resolved; what is not there is empty.</summary>
internal sealed class YamlMap(IReadOnlyDictionary<object, object?> values)
{
    public IEnumerable<string> Keys => values.Keys.Select(static key => (string)key);

    public IEnumerable<KeyValuePair<string, YamlMap>> Entries => Keys.Select(key => KeyValuePair.Create(key, Map(key)));

    public static YamlMap Parse(string text) => ParseAll(text).Single();

    public static IReadOnlyList<YamlMap> ParseAll(string text)
    {
        var parser = new MergingParser(new Parser(new StringReader(text)));
        parser.Consume<YamlDotNet.Core.Events.StreamStart>();
        var deserializer = new DeserializerBuilder().Build();
        var documents = new List<YamlMap>();
        while (parser.Accept<YamlDotNet.Core.Events.DocumentStart>(out _)) documents.Add(new(deserializer.Deserialize<Dictionary<object, object?>>(parser)));
        return documents;
    }

    public bool Has(string key) => values.ContainsKey(key);

    public YamlMap Map(string key) =>
        new(values.GetValueOrDefault(key) as IReadOnlyDictionary<object, object?> ?? new Dictionary<object, object?>());

    public IReadOnlyList<YamlMap> Maps(string key) =>
        [.. List(key).Select(static one => new YamlMap((IReadOnlyDictionary<object, object?>)one!))];

    public string? Text(string key) => values.GetValueOrDefault(key) as string;

    public IReadOnlyList<string> Texts(string key) => [.. List(key).OfType<string>()];

    /// <summary>Every text in it, however deep, with the keys that lead to it.</summary>
    public IEnumerable<(string Path, string Text)> AllTexts() => values.SelectMany(static pair => AllTexts((string)pair.Key, pair.Value));

    private static IEnumerable<(string Path, string Text)> AllTexts(string path, object? value) => value switch
    {
        string text => [(path, text)],
        IReadOnlyDictionary<object, object?> map => map.SelectMany(pair => AllTexts($"{path}.{pair.Key}", pair.Value)),
        IEnumerable<object?> list => list.SelectMany(one => AllTexts(path, one)),
        _ => [],
    };

    private IEnumerable<object?> List(string key) => values.GetValueOrDefault(key) as IEnumerable<object?> ?? [];
}
