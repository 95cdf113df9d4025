namespace Dfu.Cli.CampaignFiles;

/// <summary>Where something begins in a file, counted from 1.</summary>
internal readonly record struct FilePlace(int Line, int Column);

/// <summary>What a file holds, whichever notation it is written in.</summary>
internal abstract record FileNode(FilePlace Place);

/// <summary>How a value is written, which tells what it may be.</summary>
internal enum Notation
{
    /// <summary>YAML without quotes: a text, a number or a word.</summary>
    Plain,

    /// <summary>In quotes: a text.</summary>
    Quoted,

    /// <summary>JSON without quotes: a number or a word, and no text.</summary>
    Literal,
}

internal sealed record FileValue(FilePlace Place, string Text, Notation Notation) : FileNode(Place)
{
    public bool IsNothing => Notation != Notation.Quoted && Text is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed record FileList(FilePlace Place, IReadOnlyList<FileNode> Items) : FileNode(Place);

internal sealed record FileMap(FilePlace Place, IReadOnlyList<KeyValuePair<FileValue, FileNode>> Entries) : FileNode(Place)
{
    /// <summary>Null when it is not there.</summary>
    public FileNode? this[string name] => Entries.FirstOrDefault(entry => entry.Key.Text == name).Value;

    /// <summary>Where a field is, or else the map.</summary>
    public FilePlace PlaceOf(string name) => this[name]?.Place ?? Place;

    public string? Text(string name) => (this[name] as FileValue)?.Text;

    public FileMap? Map(string name) => this[name] as FileMap;

    public IReadOnlyList<FileNode> List(string name) => (this[name] as FileList)?.Items ?? [];
}
