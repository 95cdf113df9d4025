using System.Text;

namespace Dfu.Fleet.Orders;

/// <summary>One line of a CSV file, whatever separates its cells.</summary>
internal static class CsvLine
{
    private const string Separators = ",;\t";

    /// <summary>The separator that stands most often outside quotes; null when none does.</summary>
    public static char? SeparatorOf(string line)
    {
        var counts = new int[Separators.Length];
        var quoted = false;
        foreach (var character in line)
        {
            if (character == '"') quoted = !quoted;
            else if (!quoted && Separators.IndexOf(character, StringComparison.Ordinal) is >= 0 and var at) counts[at]++;
        }

        var most = counts.Max();
        return most == 0 ? null : Separators[Array.IndexOf(counts, most)];
    }

    /// <summary>Cells without the quotes and spaces around them. A line without the separator is split by another that it has.</summary>
    /// <returns>Null when a quote does not end.</returns>
    public static IReadOnlyList<string>? Split(string line, char separator)
    {
        if (Count(line, separator) == 0) separator = SeparatorOf(line) ?? separator;
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case '"' when quoted && i + 1 < line.Length && line[i + 1] == '"':
                    cell.Append(line[i++]);
                    break;
                case '"' when quoted || string.IsNullOrWhiteSpace(cell.ToString()):
                    quoted = !quoted;
                    break;
                case var end when end == separator && !quoted:
                    cells.Add(cell.ToString().Trim());
                    cell.Clear();
                    break;
                default:
                    cell.Append(line[i]);
                    break;
            }
        }

        cells.Add(cell.ToString().Trim());
        return quoted ? null : cells;
    }

    private static int Count(string line, char separator)
    {
        var (quoted, count) = (false, 0);
        foreach (var character in line)
        {
            if (character == '"') quoted = !quoted;
            else if (!quoted && character == separator) count++;
        }

        return count;
    }
}
