using System.CommandLine;
using System.Text.RegularExpressions;
using Dfu.Cli;

namespace Dfu.Structure.Tests;

/// <summary>What the documents say exists.</summary>
public sealed partial class DocumentTests
{
    private static readonly RootCommand Root = CommandLine.Create(Terminal.OfProcess());

    public static TheoryData<string> Documents() => new(Repository.Files("*.md"));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_in_a_document_is_one_we_take(string document)
    {
        foreach (var line in CodeLines(document).Where(line => line.StartsWith("./dfu ", StringComparison.Ordinal)))
        {
            var command = Comment().Replace(line, "").Split(" > ")[0]["./dfu ".Length..].Trim();
            Assert.True(Root.Parse(command).Errors.Count == 0, $"{document}: {line}");
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_leads_somewhere(string document)
    {
        foreach (var target in Link().Matches(Repository.Read(document)).Select(match => match.Groups[1].Value))
        {
            if (target.StartsWith("http", StringComparison.Ordinal) || target.StartsWith('#')) continue;
            var path = Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target.Split('#')[0]);
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{document}: {target}");
        }
    }

    [Fact]
    public void The_command_line_page_has_every_command_and_option()
    {
        var page = Repository.Read("docs/cli.md");
        foreach (var command in Leaves(Root, "dfu"))
        {
            Assert.Contains($"dfu {command.Path}", page, StringComparison.Ordinal);
            foreach (var option in command.Command.Options.Where(option => option.Name != "--help"))
                Assert.Contains(option.Name, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_command_line_page_has_no_option_that_does_not_exist()
    {
        var known = Leaves(Root, "dfu").SelectMany(command => command.Command.Options)
            .SelectMany(option => option.Aliases.Append(option.Name)).Append("--help").ToHashSet();
        Assert.DoesNotContain(OptionName().Matches(Repository.Read("docs/cli.md")).Select(match => match.Value), name => !known.Contains(name));
    }

    [Fact]
    public void The_architecture_stays_one_page() => Assert.InRange(Words(Repository.Read("ARCHITECTURE.md")), 300, 1000);

    [Fact]
    public void Every_decision_is_short_and_dated_as_its_file_is()
    {
        var decisions = Repository.Files("*.md").Where(path => path.StartsWith("docs/decisions/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(decisions);
        Assert.All(decisions, path =>
        {
            var lines = Repository.Read(path).Split('\n');
            Assert.StartsWith("# ", lines[0], StringComparison.Ordinal);
            Assert.StartsWith(lines[2][..10] + "-", Path.GetFileName(path), StringComparison.Ordinal);
            Assert.InRange(Words(Repository.Read(path)), 20, 400);
        });
    }

    [Fact]
    public void The_two_commands_of_the_readme_come_first_and_exist()
    {
        Assert.Equal(["./dfu demo", "./test"], CodeLines("README.md").Take(2).Select(line => Comment().Replace(line, "").Trim()));
        Assert.All(new[] { "dfu", "test", ".ci/run" }, script => Assert.StartsWith("#!/usr/bin/env bash\n", Repository.Read(script), StringComparison.Ordinal));
    }

    private static IEnumerable<string> CodeLines(string document)
    {
        var inside = false;
        foreach (var line in Repository.Read(document).Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) inside = !inside;
            else if (inside) yield return line.Trim();
        }
    }

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path) =>
        command.Subcommands.Count == 0
            ? [(path["dfu ".Length..], command)]
            : command.Subcommands.SelectMany(sub => Leaves(sub, $"{path} {sub.Name}"));

    [GeneratedRegex(@"\s+#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?<![-\\w])--[a-z][a-z-]+")]
    private static partial Regex OptionName();

    private static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}
