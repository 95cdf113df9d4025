using System.IO.Compression;
using Dfu.Cli.Dashboards;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Dashboards;

public sealed class PackageFetchTests
{
    [Fact]
    public async Task The_SDK_brings_the_package_from_the_feeds_that_the_machine_is_configured_for()
    {
        using var fake = new FakeDashboard();
        var feed = Directory.CreateDirectory(Path.Combine(fake.Root, "feed")).FullName;
        WritePackage(Path.Combine(feed, $"{FakeDashboard.Package.Id}.{FakeDashboard.Package.Version}.nupkg"), fake.Script);
        File.WriteAllText(
            Path.Combine(fake.Root, "NuGet.Config"),
            $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{fake.Packages}" /></config>
              <packageSources><clear /><add key="ours" value="{feed}" /></packageSources>
              <packageSourceMapping><clear /></packageSourceMapping>
            </configuration>
            """);
        var fetch = fake.Fetch(PackageFetch.Dotnet);
        Assert.Null(fetch.Find());

        var executable = await fetch.BringAsync(static _ => { }, CancellationToken.None);

        Assert.Equal(executable, fetch.Find());
        Assert.EndsWith("/tools/Aspire.Dashboard", executable, StringComparison.Ordinal);
        await using var process = await DashboardProcess.StartAsync(executable, DashboardPorts.Choose(null, null), TimeProvider.System, CancellationToken.None);
        Assert.Equal(new Uri(fake.Page), process.Address.Page);
    }

    [Fact]
    public async Task It_is_brought_once_and_again_when_it_was_deleted()
    {
        using var fake = new FakeDashboard();
        var fetch = fake.Fetch(fake.Sdk());
        Assert.Equal(fake.Executable, await fetch.BringAsync(static _ => { }, CancellationToken.None));
        Assert.Equal(fake.Executable, fetch.Find());
        File.Delete(fake.Executable);
        Assert.Null(fetch.Find());
        Assert.Equal(fake.Executable, await fetch.BringAsync(static _ => { }, CancellationToken.None));
        Assert.Equal(2, fake.Asked);
    }

    [Fact]
    public void Half_a_package_is_none()
    {
        using var fake = new FakeDashboard().Install();
        File.Delete(Path.Combine(fake.Executable, "..", "..", ".nupkg.metadata"));
        Assert.Null(fake.Fetch("dotnet").Find());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"packageFolders\": 1}")]
    public void A_damaged_file_of_an_earlier_restore_counts_as_none(string damaged)
    {
        using var fake = new FakeDashboard().Install();
        File.WriteAllText(Path.Combine(fake.Folder, "obj", "project.assets.json"), damaged);
        Assert.Null(fake.Fetch("dotnet").Find());
    }

    [Fact]
    public async Task What_has_been_downloaded_is_told_and_not_kept()
    {
        using var fake = new FakeDashboard();
        var told = new List<long>();
        var sdk = fake.Sdk(
            """
            mkdir -p "$NUGET_HTTP_CACHE_PATH/x" && printf '%1000s' "" > "$NUGET_HTTP_CACHE_PATH/x/half.dat-new"
            read -r _ # nobody types here
            until [ -e told ]; do sleep 0.05; done
            """);
        await fake.Fetch(sdk).BringAsync(
            bytes =>
            {
                told.Add(bytes);
                if (bytes > 0) File.WriteAllText(Path.Combine(fake.Folder, "told"), "");
            },
            CancellationToken.None);
        Assert.Equal(1000, told[^1]);
        Assert.False(Directory.Exists(Path.Combine(fake.Folder, "downloads")));
    }

    [Fact]
    public async Task A_fetch_that_is_given_up_ends_the_SDK_too()
    {
        using var fake = new FakeDashboard();
        using var stop = new CancellationTokenSource();
        var bringing = fake.Fetch(fake.Sdk("echo $$ > sdk; exec sleep 600")).BringAsync(
            _ =>
            {
                if (File.Exists(Path.Combine(fake.Folder, "sdk"))) stop.Cancel();
            },
            stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bringing);
        var sdk = File.ReadAllText(Path.Combine(fake.Folder, "sdk")).Trim();
        Assert.True(SpinWait.SpinUntil(() => FakeDashboard.HasEnded(sdk), TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Without_an_SDK_it_is_said_where_to_get_one()
    {
        using var fake = new FakeDashboard();
        var refused = await Assert.ThrowsAsync<DfuException>(
            () => fake.Fetch(Path.Combine(fake.Root, "nowhere")).BringAsync(static _ => { }, CancellationToken.None));
        Assert.Equal((DfuError.DashboardUnavailable, ExitCode.Environment), (refused.Error, ExitCode.Of(refused.Error)));
        Assert.Contains("there is no SDK here", refused.Message, StringComparison.Ordinal);
        Assert.Contains("https://dot.net/download", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fetch_that_fails_says_why_and_keeps_what_the_SDK_said()
    {
        using var fake = new FakeDashboard();
        const string Said = "error NU1101: Unable to find package X. No packages exist with this id in source(s): ours";
        var refused = await Assert.ThrowsAsync<DfuException>(
            () => fake.Fetch(fake.Sdk($"echo '{Said}'; exit 1")).BringAsync(static _ => { }, CancellationToken.None));
        Assert.Contains("no NuGet source", refused.Message, StringComparison.Ordinal);
        Assert.Equal([Said], File.ReadAllLines(Path.Combine(fake.Folder, "fetch.log")));
    }

    [Fact]
    public async Task A_package_without_its_executable_is_refused()
    {
        using var fake = new FakeDashboard();
        var refused = await Assert.ThrowsAsync<DfuException>(() => fake.Fetch(fake.Sdk("exit 0")).BringAsync(static _ => { }, CancellationToken.None));
        Assert.Contains("has no dashboard in it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        using var fake = new FakeDashboard();
        Directory.CreateDirectory(fake.Home);
        File.WriteAllText(fake.Folder, "a file where the folder should be");
        var refused = await Assert.ThrowsAsync<DfuException>(() => fake.Fetch(fake.Sdk()).BringAsync(static _ => { }, CancellationToken.None));
        Assert.Contains(fake.Folder, refused.Message, StringComparison.Ordinal);
        Assert.Contains("125 MB", refused.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-riscv64")]
    [InlineData("freebsd-x64")]
    public void A_platform_without_a_package_is_told_which_have_one(string platform)
    {
        var refused = Assert.Throws<DfuException>(() => DashboardPackage.For(platform, "13.6.5"));
        Assert.Equal(DfuError.DashboardUnavailable, refused.Error);
        Assert.Contains("linux-x64", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_pinned() => Assert.Matches(@"^\d+\.\d+\.\d+$", DashboardPackage.OfThisMachine().Version);

    private static void WritePackage(string path, string script)
    {
        using var package = ZipFile.Open(path, ZipArchiveMode.Create);
        Write("fake.nuspec",
            $"""
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata>
                <id>{FakeDashboard.Package.Id}</id><version>{FakeDashboard.Package.Version}</version><authors>a test</authors><description>a fake</description>
              </metadata>
            </package>
            """);
        Write("tools/Aspire.Dashboard", script);

        void Write(string name, string content)
        {
            using var entry = new StreamWriter(package.CreateEntry(name).Open());
            entry.Write(content + "\n");
        }
    }
}
