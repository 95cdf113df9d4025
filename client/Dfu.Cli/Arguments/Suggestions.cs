namespace Dfu.Cli.Arguments;

/// <summary>What somebody may have meant.</summary>
internal static class Suggestions
{
    /// <summary>The nearest of the known words, null when none is near enough to be a slip of the fingers.</summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        var best = known.Select(candidate => (candidate, distance: Distance(word, candidate))).OrderBy(pair => pair.distance).FirstOrDefault();
        return best.candidate is not null && best.distance <= Math.Max(best.candidate.Length < 4 ? 1 : 2, best.candidate.Length / 3) ? best.candidate : null;
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
