namespace Dfu.Cli.CampaignFiles;

/// <summary>Something that is wrong at a place of a file, and what to do about it.</summary>
internal sealed record FileFlaw(FilePlace Place, string What, string Remedy)
{
    /// <summary><c>campaign.yaml:12:5: what - remedy</c>, on one line.</summary>
    public string Line(string file)
    {
        var line = $"{file}:{Place.Line}:{Place.Column}: {What.TrimEnd('.', ' ')} - {Remedy.TrimEnd('.', ' ')}";
        return string.Concat(line.Select(static character => char.IsControl(character) ? ' ' : character));
    }
}

/// <summary>What is wrong with a file so far.</summary>
internal sealed class FileFlaws
{
    private const int Most = 50;
    private readonly List<FileFlaw> _flaws = [];

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<FileFlaw> All => [.. _flaws.OrderBy(static flaw => flaw.Place.Line).ThenBy(static flaw => flaw.Place.Column)];

    public bool Any => _flaws.Count > 0;

    /// <returns>False, for whoever checks and goes on.</returns>
    public bool Add(FilePlace place, string what, string remedy)
    {
        if (_flaws.Count < Most) _flaws.Add(new(place, what, remedy));
        return false;
    }
}
