using System.Text.RegularExpressions;

namespace Dfu.Deployment.Tests.Docker;

/// <summary>What people are told to type.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Lines() => new(
        from page in new[] { "README.md", "docs/docker.md", "docs/kubernetes.md" }
        from match in Code().Matches(Repository.Read(page))
        from line in match.Groups[1].Value.Replace("\\\n", "", StringComparison.Ordinal).Split('\n')
        where line.Contains("docker", StringComparison.Ordinal) || line.Contains("kubectl", StringComparison.Ordinal)
        select line.Trim());

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_to_type_names_files_services_and_commands_that_are_there(string line)
    {
        var words = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Trim('"', '\'')).ToList();
        var files = words.Zip(words.Skip(1)).Where(static pair => pair.First is "-f" or "-k").Select(static pair => pair.Second).ToList();
        Assert.All(files, static file => Assert.True(Path.Exists(Path.Combine(Repository.Root, file)), file));
        var services = files.Where(static file => file.Contains("compose.", StringComparison.Ordinal))
            .SelectMany(static file => new ComposeFile(Path.GetFileName(file)).Services).Select(static service => service.Name).ToList();
        foreach (var verb in new[] { "exec", "run", "logs" })
        {
            var at = words.IndexOf(verb);
            if (at < 0 || services.Count == 0) continue;
            Assert.Contains(words.Skip(at + 1).SkipWhile((word, index) => word[0] == '-' || words[at + index] is "-v" or "--entrypoint").First(), services);
        }

        // What is run in a container that is there: behind its name, and for kubectl behind two dashes.
        var dfu = words.LastIndexOf("dfu");
        if (dfu >= 0 && words.Contains("exec")) Assert.Empty(ProductCommand.WrongWith(words.Skip(dfu + 1)));
    }

    [Fact]
    public void There_are_such_lines() => Assert.True(Lines().Count > 10);

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();
}
