using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlScalar = YamlDotNet.Core.Events.Scalar;

namespace Dfu.Cli.CampaignFiles;

/// <summary>
/// Reads YAML as plain maps, lists and values. Anchors, aliases and tags are refused: no campaign needs them, and a few lines of them can mean a file
/// of any size.
/// </summary>
internal sealed class YamlTree
{
    private const int Deepest = 16;
    private const string NearBy = "Look at the indentation, quotes and brackets here and in the line before.";
    private readonly FileFlaws _flaws;
    private readonly Parser _parser;

    private YamlTree(string text, FileFlaws flaws)
    {
        _flaws = flaws;
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <returns>Null when it cannot be read, which is said then.</returns>
    public static FileNode? Read(string text, FileFlaws flaws)
    {
        var tree = new YamlTree(text, flaws);
        try
        {
            return tree.Document();
        }
        catch (YamlException e)
        {
            flaws.Add(Of(e.End), $"this is not YAML: {e.Message}", NearBy);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The library says so of some texts that are not YAML, and not where; it was behind what it told last.
            flaws.Add(tree._parser.Current is { } last ? Of(last.End) : new(1, 1), "this is not YAML", NearBy);
            return null;
        }
    }

    private FileNode? Document()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out var start))
        {
            _flaws.Add(new(1, 1), "the file is empty", "Write a campaign: it needs package and targets.");
            return null;
        }

        if (!start.IsImplicit && start.Tags?.Count > 0 && start.Tags.Any(static tag => tag.Handle is not ("!" or "!!")))
            _flaws.Add(Of(start.Start), "tags are not supported", "Leave out the %TAG line.");
        var root = Node(1);
        _parser.TryConsume<DocumentEnd>(out _);
        if (_parser.TryConsume<DocumentStart>(out var second))
            _flaws.Add(Of(second.Start), "a second document begins here", "Write each campaign into a file of its own.");
        return root;
    }

    private FileNode? Node(int depth)
    {
        if (depth > Deepest)
        {
            _flaws.Add(Of(_parser.Current!.Start), $"more than {Deepest} levels", "A campaign has no more than five.");
            return null;
        }

        var place = Of(_parser.Current!.Start);
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            _flaws.Add(place, $"the alias *{alias.Value} stands here, and aliases are not supported", "Write out what it stands for.");
            return null;
        }

        if (_parser.Current is NodeEvent node)
        {
            if (!node.Anchor.IsEmpty) _flaws.Add(place, $"the anchor &{node.Anchor.Value} stands here, and anchors are not supported", "Leave it out.");
            if (!node.Tag.IsEmpty) _flaws.Add(place, "tags are not supported", "Leave out what begins with an exclamation mark, or put the text in quotes.");
        }

        if (_parser.TryConsume<YamlScalar>(out var value))
            return new FileValue(place, value.Value, value.Style == ScalarStyle.Plain ? Notation.Plain : Notation.Quoted);
        if (_parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<FileNode>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                if (Node(depth + 1) is not { } item) return null;
                items.Add(item);
            }

            return new FileList(place, items);
        }

        _parser.Consume<MappingStart>();
        var entries = new List<KeyValuePair<FileValue, FileNode>>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (Node(depth + 1) is not { } key) return null;
            if (key is not FileValue name)
            {
                _flaws.Add(key.Place, "a field's name is a list or a map", "Write a field as in name: value.");
                return null;
            }

            if (Node(depth + 1) is not { } held) return null;
            entries.Add(new(name, held));
        }

        return new FileMap(place, entries);
    }

    private static FilePlace Of(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));
}
