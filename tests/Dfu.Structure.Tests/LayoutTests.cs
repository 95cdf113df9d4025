namespace Dfu.Structure.Tests;

public sealed class LayoutTests
{
    // Who may reference whom, directly. Arrows point down: ARCHITECTURE.md has the picture.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Dfu.Protocol"] = [],
        ["Dfu.Adapters"] = ["Dfu.Protocol"],
        ["Dfu.Adapters.BlueZ"] = ["Dfu.Adapters"],
        ["Dfu.Adapters.Bridge"] = ["Dfu.Adapters"],
        ["Dfu.Adapters.Simulated"] = ["Dfu.Adapters"],
        ["Dfu.Fleet"] = ["Dfu.Adapters"],
        ["Dfu.Grains.Abstractions"] = ["Dfu.Fleet"],
        ["Dfu.Grains"] = ["Dfu.Fleet", "Dfu.Grains.Abstractions"],
        ["Dfu.Silo"] =
        [
            "Dfu.Protocol", "Dfu.Adapters", "Dfu.Adapters.BlueZ", "Dfu.Adapters.Bridge", "Dfu.Adapters.Simulated",
            "Dfu.Fleet", "Dfu.Grains.Abstractions", "Dfu.Grains",
        ],
        ["Dfu.Reports"] = ["Dfu.Fleet"],
        ["Dfu.Api"] = ["Dfu.Fleet", "Dfu.Reports"],
        ["Dfu.Server"] = ["Dfu.Silo", "Dfu.Api", "Dfu.Reports"],
        ["Dfu.Client"] = ["Dfu.Fleet", "Dfu.Grains.Abstractions"],
        ["Dfu.Cli"] = ["Dfu.Silo", "Dfu.Server", "Dfu.Client", "Dfu.Api", "Dfu.Reports"],
    };

    private static readonly Dictionary<string, string[]> AllowedPackages = new()
    {
        ["Dfu.Protocol"] = ["Google.Protobuf", "System.IO.Hashing"],
        ["Dfu.Fleet"] = ["Microsoft.Extensions.Logging.Abstractions"],
    };

    // Take part in the build only; nothing of them ships.
    private static readonly string[] BuildTools = ["Grpc.Tools", "Microsoft.CodeAnalysis.BannedApiAnalyzers"];

    private static readonly string[] Folders = ["silo", "grains", "client", "adapters", "tests", "docker", "docs"];

    private static readonly string[] RootFiles =
    [
        ".editorconfig", ".gitattributes", ".gitignore", "ARCHITECTURE.md", "BannedSymbols.Scheduler.txt", "BannedSymbols.txt", "CHANGELOG.md",
        "CONTRIBUTING.md", "Dfu.Orleans.sln", "Directory.Build.props", "Directory.Packages.props", "LICENSE", "README.md", "dfu", "publish", "test",
    ];

    public static TheoryData<string> ProductProjects() => new(Repository.Projects.Where(project => !project.StartsWith("tests/", StringComparison.Ordinal)));

    public static TheoryData<string> AllProjects() => new(Repository.Projects);

    [Theory]
    [MemberData(nameof(ProductProjects))]
    public void A_project_references_only_what_lies_below_it(string project)
    {
        var name = Repository.NameOf(project);
        Assert.True(Allowed.ContainsKey(name), $"{name} is not in the table of projects");
        Assert.Empty(Repository.ProjectReferences(project).Except(Allowed[name]));
    }

    [Theory]
    [InlineData("adapters/Dfu.Protocol/Dfu.Protocol.csproj")]
    [InlineData("grains/Dfu.Fleet/Dfu.Fleet.csproj")]
    public void The_protocol_and_the_decisions_stay_free_of_packages(string project) =>
        Assert.Empty(Repository.PackageReferences(project).Except(AllowedPackages[Repository.NameOf(project)]).Except(BuildTools));

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void A_project_stands_in_its_folder_and_names_no_version(string project)
    {
        var parts = project.Split('/');
        Assert.Equal(3, parts.Length);
        Assert.Contains(parts[0], Folders);
        Assert.Equal(parts[1] + ".csproj", parts[2]);
        Assert.DoesNotContain("Version=\"", Repository.Read(project), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_references_a_test_project() =>
        Assert.DoesNotContain(
            Repository.Projects, project => Repository.ProjectReferences(project).Any(name => name.EndsWith("Tests", StringComparison.Ordinal)));

    [Fact]
    public void The_top_level_folders_are_the_roles()
    {
        var there = Repository.Projects.Concat(Repository.Files("*.cs")).Concat(Repository.Files("*.md"))
            .Where(path => path.Contains('/', StringComparison.Ordinal)).Select(path => path.Split('/')[0]).Distinct();
        Assert.Empty(there.Where(folder => folder[0] != '.').Except(Folders));
    }

    [Fact]
    public void The_solution_lists_every_project() => Assert.Equal(Repository.Projects, Repository.SolutionProjects());

    [Fact]
    public void The_root_holds_what_it_should_and_nothing_stray() => Assert.Empty(Repository.RootFiles().Except(RootFiles));

    [Fact]
    public void No_line_is_longer_than_one_hundred_and_sixty_columns() => Assert.Empty(
        from path in Repository.Files("*.cs")
        from line in File.ReadLines(Path.Combine(Repository.Root, path)).Select((text, index) => (text, number: index + 1))
        where line.text.Length > 160
        select $"{path}:{line.number}");

    [Fact]
    public void No_lock_file_and_no_package_source_is_committed()
    {
        Assert.Empty(Repository.Files("packages.lock.json"));
        Assert.Empty(Repository.Files("nuget.config"));
    }

    [Fact]
    public void No_file_is_longer_than_four_hundred_lines() =>
        Assert.DoesNotContain(Repository.Files("*.cs"), path => File.ReadLines(Path.Combine(Repository.Root, path)).Count() > 400);
}
