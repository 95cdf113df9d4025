using System.Text.RegularExpressions;

namespace Dfu.Structure.Tests;

/// <summary>docs/features.md names tests that exist.</summary>
public sealed partial class FeatureDocumentTests
{
    private const string Page = "docs/features.md";

    [Fact]
    public void Every_feature_names_tests_that_exist()
    {
        var tests = Tests();
        var rows = Rows().ToList();
        Assert.InRange(rows.Count, 20, 100);
        var missing = rows.SelectMany(row => row.Tests.Where(test => !tests.Contains(test)).Select(test => $"{row.Feature}: {test}")).ToList();
        Assert.True(missing.Count == 0, "no such test:\n" + string.Join('\n', missing));
        Assert.All(rows, row => Assert.NotEmpty(row.Tests));
    }

    [Fact]
    public void Every_row_has_a_cell_for_each_of_the_others_and_for_us() => Assert.All(Rows(), row =>
    {
        Assert.Equal(7, row.Cells.Length);
        Assert.All(row.Cells, cell => Assert.NotEmpty(cell));
    });

    private static IEnumerable<(string Feature, string[] Cells, string[] Tests)> Rows() =>
        from line in Repository.Read(Page).Split('\n')
        where line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| feature", StringComparison.Ordinal)
        let cells = line.Trim('|', ' ').Split('|').Select(cell => cell.Trim()).ToArray()
        select (cells[0], cells, Name().Matches(cells[^1]).Select(match => match.Groups[1].Value).ToArray());

    /// <summary>Class and method of every test of the checkout.</summary>
    private static HashSet<string> Tests()
    {
        var tests = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Repository.Files("*.cs").Where(path => path.StartsWith("tests/", StringComparison.Ordinal)))
        {
            var text = Repository.Read(file);
            if (Class().Match(text) is not { Success: true } type) continue;
            foreach (Match method in Method().Matches(text)) tests.Add($"{type.Groups[1].Value}.{method.Groups[1].Value}");
        }

        return tests;
    }

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\bclass (\w+)")]
    private static partial Regex Class();

    /// <summary>A test: their names are sentences, and no other method's has an underscore.</summary>
    [GeneratedRegex(@"\bpublic (?:async )?(?:Task|void|Property) (\w+_\w+)\(")]
    private static partial Regex Method();
}
