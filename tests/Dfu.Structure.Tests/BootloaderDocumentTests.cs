using System.Text.RegularExpressions;

namespace Dfu.Structure.Tests;

/// <summary>The page on Nordic's bootloader: whatever refers to a finding can be followed, and what the page names exists.</summary>
public sealed partial class BootloaderDocumentTests
{
    private const string Path = "docs/bootloader.md";
    private const string Transcripts = "tests/Dfu.Adapters.Simulated.Tests/Data/transcripts";

    private static readonly string Page = Repository.Read(Path);
    private static readonly HashSet<string> Anchors =
        [.. Anchor().Matches(Page).Select(match => match.Groups[1].Value), .. Heading().Matches(Page).Select(match => Slug(match.Groups[1].Value))];

    public static TheoryData<string> Documents() => new(Repository.Files("*.md"));

    [Fact]
    public void Every_id_is_an_anchor_of_its_own_name_and_there_once()
    {
        var ids = Anchor().Matches(Page).Select(match => (Name: match.Groups[1].Value, Shown: match.Groups[2].Value)).ToList();
        Assert.All(ids, id => Assert.Contains(id.Name, new[] { id.Shown.ToLowerInvariant(), $"rule-{id.Shown}" }));
        Assert.Equal(ids.Distinct(), ids);
        Assert.Equal(
            Numbers("f", 34).Append("f15b").Append("f9b").Concat(Numbers("t", 11)).Concat(Numbers("r", 5)).Concat(Numbers("b", 7))
                .Concat(Numbers("rule-", 11)).Order(),
            ids.Select(id => id.Name).Order());
    }

    [Fact]
    public void Every_finding_that_code_refers_to_is_on_the_page_and_the_code_says_which_page() => Assert.All(Repository.Files("*.cs"), file =>
    {
        var text = Repository.Read(file);
        var found = References(text).ToList();
        Assert.All(found, id => Assert.True(Anchors.Contains(id.ToLowerInvariant()), $"{file}: {Path} has no {id}"));
        Assert.True(
            found.Count == 0 || text.Contains(Path, StringComparison.Ordinal),
            $"{file} refers to {found.FirstOrDefault()} and does not say that it is in {Path}");
    });

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_finding_that_a_document_refers_to_is_on_the_page_and_linked(string document)
    {
        var text = Repository.Read(document);
        var found = References(text).ToList();
        Assert.All(found, id => Assert.Contains(id.ToLowerInvariant(), Anchors));
        Assert.True(found.Count == 0 || document == Path || text.Contains("bootloader.md", StringComparison.Ordinal), $"{document} does not link to {Path}");
    }

    [Fact]
    public void Every_link_to_a_part_of_the_page_leads_there()
    {
        var links = Repository.Files("*.cs").Concat(Repository.Files("*.md")).SelectMany(file => PartOfPage().Matches(Repository.Read(file)))
            .Concat(PartOfSamePage().Matches(Page)).Select(match => match.Groups[1].Value);
        Assert.All(links, part => Assert.Contains(part, Anchors));
    }

    [Fact]
    public void Every_test_that_the_page_names_exists() => Assert.All(TestName().Matches(Page), match =>
    {
        var files = Repository.Files("*.cs").Where(file => file.EndsWith($"/{match.Groups[1].Value}.cs", StringComparison.Ordinal)).ToList();
        Assert.True(files.Exists(file => match.Groups[2].Length == 0 || Declares(file, match.Groups[2].Value)), $"{Path} names {match.Value}");
    });

    [Fact]
    public void Every_transcript_that_the_page_names_exists_and_every_transcript_is_named()
    {
        var named = Transcript().Matches(Page).Select(match => match.Groups[1].Value).ToHashSet();
        var there = Repository.Files("*.txt").Where(file => file.StartsWith(Transcripts, StringComparison.Ordinal))
            .Select(file => System.IO.Path.GetFileName(file).Split('_')[0]).ToHashSet();
        Assert.Empty(named.Except(there));
        Assert.Empty(there.Except(named));
    }

    private static bool Declares(string file, string method) => Repository.Read(file).Contains($" {method}(", StringComparison.Ordinal);

    private static IEnumerable<string> Numbers(string prefix, int last) => Enumerable.Range(1, last).Select(number => $"{prefix}{number}");

    private static IEnumerable<string> References(string text) => Reference().Matches(text).Select(match => match.Value).Distinct();

    private static string Slug(string heading) => NotInSlug().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex("<a id=\"([a-z0-9-]+)\"></a>(\\w+)")]
    private static partial Regex Anchor();

    [GeneratedRegex("(?m)^## (.+)$")]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 -]")]
    private static partial Regex NotInSlug();

    // An underscore is no part of it: tests have the number in their names.
    [GeneratedRegex("(?<![A-Za-z0-9])(F[1-9][0-9]?b?|[TR][1-9][0-9]?)(?![A-Za-z0-9])")]
    private static partial Regex Reference();

    [GeneratedRegex(@"bootloader\.md#([a-z0-9-]+)")]
    private static partial Regex PartOfPage();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex PartOfSamePage();

    [GeneratedRegex(@"`([A-Z][A-Za-z]+Tests)(?:\.(\w+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex("`([0-9]{2}[a-z]?[0-9]?)`")]
    private static partial Regex Transcript();
}
