using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Dfu.Deployment.Tests.Docker;

public sealed partial class DockerfileTests
{
    private const string Project = "client/Dfu.Cli/Dfu.Cli.csproj";

    /// <summary>What is copied from the checkout.</summary>
    private static IEnumerable<string> Copied => Dockerfile.Of("COPY").Where(static rest => !rest.Contains("--from=", StringComparison.Ordinal))
        .SelectMany(static rest => rest.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1]);

    [Fact]
    public void What_is_copied_is_in_the_checkout_and_let_through_to_the_build()
    {
        var passed = Repository.Read(Dockerfile.Path + ".dockerignore").Split('\n').Where(static line => line.StartsWith('!')).Select(static line => line[1..]);
        Assert.All(Copied, static path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), path));
        Assert.Equal(Copied.Order(StringComparer.Ordinal), passed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_build_needs_nothing_that_is_not_copied()
    {
        Assert.Contains($"dotnet publish {Project} ", string.Join(' ', Dockerfile.Of("RUN")), StringComparison.Ordinal);
        foreach (var project in WithReferences(Project))
        {
            Assert.Contains(project.Split('/')[0], Copied);
            var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, project))!;
            var files = XDocument.Parse(Repository.Read(project)).Descendants().SelectMany(static item => item.Attributes("Include"))
                .Select(static include => include.Value.Replace('\\', '/')).Where(static include => include.StartsWith("../", StringComparison.Ordinal));
            foreach (var file in files)
                Assert.Contains(Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(folder, file))).Split('/')[0], Copied);
        }
    }

    [Fact]
    public void The_version_is_the_products() =>
        Assert.Equal(XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants("Version").Single().Value, Dockerfile.Version);

    [Fact]
    public void Images_are_pinned_and_the_framework_is_the_projects()
    {
        var framework = XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants("TargetFramework").Single().Value["net".Length..];
        var tags = Dockerfile.Of("ARG").Where(static rest => rest.Split('=')[0] is "SDK" or "RUNTIME").ToList();
        Assert.Equal(2, tags.Count);
        Assert.All(tags, tag => Assert.Matches($@"\A[A-Z]+={Regex.Escape(framework)}\.\d+-[a-z-]+\z", tag));
        Assert.All(Dockerfile.Of("FROM"), static from => Assert.Matches(@"mcr\.microsoft\.com/dotnet/(sdk|aspnet):\$\{(SDK|RUNTIME)\}", from));
    }

    [Fact]
    public void It_builds_for_both_processors_on_the_builders_own()
    {
        Assert.StartsWith("--platform=$BUILDPLATFORM ", Dockerfile.Of("FROM").First(), StringComparison.Ordinal);
        var run = string.Join(' ', Dockerfile.Of("RUN"));
        Assert.All(new[] { "amd64) runtime=linux-x64 ;;", "arm64) runtime=linux-arm64 ;;" }, part => Assert.Contains(part, run, StringComparison.Ordinal));
    }

    [Fact]
    public void It_runs_as_a_user_by_number_who_owns_what_is_written()
    {
        Assert.Matches(@"\A[1-9]\d*:[1-9]\d*\z", Dockerfile.User);
        Assert.Equal(["/var/lib/dfu", "/etc/dfu"], Dockerfile.OwnFolders);
        var environment = Assert.Single(Dockerfile.Of("ENV"));
        Assert.Contains("XDG_DATA_HOME=/var/lib ", environment, StringComparison.Ordinal); // and so the data directory is /var/lib/dfu
        Assert.All(
            Variable().Matches(environment).Select(static match => match.Groups[1].Value).Where(static name => name != "PATH"),
            static name => Assert.Contains(name, ProductVariables.Known));
    }

    [Fact]
    public void Its_health_check_and_its_port_are_the_products()
    {
        Assert.Contains(Dockerfile.HealthCheck[0], Dockerfile.Programs);
        Assert.Empty(ProductCommand.WrongWith(Dockerfile.HealthCheck.Skip(1)));
        Assert.Equal($"{Dfu.Server.Hosting.WebSettings.UsualPort}", Assert.Single(Dockerfile.Of("EXPOSE")));
        Assert.Equal("[\"/app/dfu\"]", Assert.Single(Dockerfile.Of("ENTRYPOINT")));
    }

    [Fact]
    public void It_is_labelled_with_version_and_commit()
    {
        var labels = Assert.Single(Dockerfile.Of("LABEL"));
        Assert.Contains("org.opencontainers.image.version=\"${VERSION}\"", labels, StringComparison.Ordinal);
        Assert.Contains("org.opencontainers.image.revision=\"${COMMIT}\"", labels, StringComparison.Ordinal);
    }

    private static HashSet<string> WithReferences(string project)
    {
        var found = new HashSet<string>();
        var left = new Queue<string>([project]);
        while (left.TryDequeue(out var next))
        {
            if (!found.Add(next)) continue;
            foreach (var name in Repository.ProjectReferences(next)) left.Enqueue(Repository.Projects.Single(one => Repository.NameOf(one) == name));
        }

        return found;
    }

    [GeneratedRegex(@"(\w+)=")]
    private static partial Regex Variable();
}
