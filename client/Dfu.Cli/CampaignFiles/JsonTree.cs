using System.Text;
using System.Text.Json;

namespace Dfu.Cli.CampaignFiles;

/// <summary>Reads JSON with the places of its values.</summary>
internal ref struct JsonTree
{
    private const int Deepest = 16;
    private readonly ReadOnlySpan<byte> _content;
    private Utf8JsonReader _reader;
    private int _line = 1;
    private int _lineStart;
    private int _seen;

    private JsonTree(ReadOnlySpan<byte> content)
    {
        _content = content;
        _reader = new(content, new JsonReaderOptions { MaxDepth = Deepest });
    }

    /// <returns>Null when it cannot be read, which is said then.</returns>
    public static FileNode? Read(ReadOnlySpan<byte> content, FileFlaws flaws)
    {
        var tree = new JsonTree(content);
        try
        {
            tree._reader.Read();
            var root = tree.Node();
            tree._reader.Read(); // nothing may follow
            return root;
        }
        catch (JsonException e)
        {
            var message = e.Message.Split(" LineNumber:")[0].Split(" Change the reader options")[0]
                .Replace(" which is not supported in this mode", "", StringComparison.Ordinal);
            flaws.Add(
                new((int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1),
                $"this is not JSON: {message}",
                "Look at the commas, quotes and brackets here and in the line before.");
            return null;
        }
        catch (InvalidOperationException e)
        {
            flaws.Add(tree.Place(), $"this is not JSON: {e.Message}", "Write the text in UTF-8.");
            return null;
        }
    }

    private FileNode Node()
    {
        var place = Place();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<KeyValuePair<FileValue, FileNode>>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = new FileValue(Place(), _reader.GetString()!, Notation.Quoted);
                    _reader.Read();
                    entries.Add(new(key, Node()));
                }

                return new FileMap(place, entries);
            case JsonTokenType.StartArray:
                var items = new List<FileNode>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray) items.Add(Node());
                return new FileList(place, items);
            case JsonTokenType.String:
                return new FileValue(place, _reader.GetString()!, Notation.Quoted);
            default:
                return new FileValue(place, Encoding.UTF8.GetString(_reader.ValueSpan), Notation.Literal);
        }
    }

    private FilePlace Place()
    {
        var at = (int)_reader.TokenStartIndex;
        for (; _seen < at; _seen++)
        {
            if (_content[_seen] == '\n') (_line, _lineStart) = (_line + 1, _seen + 1);
        }

        return new(_line, Encoding.UTF8.GetCharCount(_content[_lineStart..at]) + 1);
    }
}
