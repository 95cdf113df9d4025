namespace Dfu.Fleet.Identity;

/// <summary>Name patterns with <c>*</c> and <c>?</c>, see <see cref="DeviceNames.Matches"/>, beside each other.</summary>
public static class Globs
{
    /// <summary>Whether there is a name that both match.</summary>
    public static bool MayMatchTheSame(string a, string b)
    {
        // Row by row: whether what is left of a and of b may match the same rest of a name.
        var below = new bool[b.Length + 1];
        var row = new bool[b.Length + 1];
        for (var i = a.Length; i >= 0; i--)
        {
            for (var j = b.Length; j >= 0; j--) row[j] = May(i, j);
            (below, row) = (row, below);
        }

        return below[0];

        bool May(int i, int j)
        {
            var (aEnds, bEnds) = (i == a.Length, j == b.Length);
            if (aEnds && bEnds) return true;
            if (!aEnds && a[i] == '*' && (below[j] || (!bEnds && row[j + 1]))) return true;
            if (!bEnds && b[j] == '*' && (row[j + 1] || (!aEnds && below[j]))) return true;
            return !aEnds && !bEnds && a[i] != '*' && b[j] != '*' && (a[i] == b[j] || a[i] == '?' || b[j] == '?') && below[j + 1];
        }
    }
}
