using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages.Doubts;

namespace Dfu.Cli.Reports;

/// <summary>What speaks against a package, for people: a line each, before anything else happens.</summary>
internal static class DoubtLines
{
    public static void Write(Terminal terminal, IEnumerable<Doubt> doubts)
    {
        foreach (var doubt in doubts)
        {
            var line = $"dfu: {(doubt.Level == DoubtLevel.Note ? "note" : "warning")}: {doubt.Text} - {doubt.Remedy.TrimEnd('.')}";
            terminal.Error.WriteLine(string.Concat(line.Select(character => char.IsControl(character) ? ' ' : character)));
        }
    }

    /// <summary>Refuses what cannot be right, unless it is forced; tells the rest.</summary>
    /// <exception cref="DfuException"><see cref="DfuError.FirmwareImplausible"/>.</exception>
    public static void Judge(Terminal terminal, IReadOnlyList<Doubt> doubts, bool force, string forced = "packs it all the same")
    {
        if (!force && doubts.FirstOrDefault(doubt => doubt.Level == DoubtLevel.Grave) is { } grave)
            throw new DfuException(DfuError.FirmwareImplausible, grave.Text) { Remedy = $"{grave.Remedy.TrimEnd('.')}; --force {forced}" };
        Write(terminal, doubts);
    }
}
