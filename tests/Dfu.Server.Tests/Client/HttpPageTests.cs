using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Dfu.Server.Tests.Client;

/// <summary>What docs/http.md tells people to type, typed.</summary>
public sealed partial class HttpPageTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Every_command_of_the_page_works_as_it_stands()
    {
        if (!OperatingSystem.IsLinux() || !Has("curl") || !Has("jq")) return; // the page says that it needs them
        var folder = Directory.CreateTempSubdirectory("dfu-http-");
        try
        {
            await using var served = await ServedFleet.StartAsync();
            File.WriteAllBytes(Path.Combine(folder.FullName, "app.zip"), TestPackage.Build().File);
            var commands = string.Join('\n', Blocks().Matches(File.ReadAllText(Page())).Select(static block => block.Groups[1].Value));
            var (code, output) = await RunAsync(folder.FullName, served.Url, "set -euo pipefail\n" + commands);
            Assert.True(code == 0, output);
            Assert.Contains("event: snapshot", output, StringComparison.Ordinal);
            Assert.Contains("paused: no further device begins", output, StringComparison.Ordinal);
            Assert.Contains("\"code\": \"notFound\"", output, StringComparison.Ordinal);
            Assert.Contains("<testsuite", File.ReadAllText(Path.Combine(folder.FullName, "report.xml")), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string folder, Uri server, string commands)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1\n{commands}"]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.Environment["DFU_SERVER"] = server.ToString().TrimEnd('/');
        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync().WaitAsync(Longest, TimeProvider.System);
        await bash.WaitForExitAsync();
        return (bash.ExitCode, output);
    }

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Page()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "docs", "http.md"))) return Path.Combine(folder.FullName, "docs", "http.md");
        }

        throw new FileNotFoundException("docs/http.md");
    }

    [GeneratedRegex("^```sh\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Blocks();
}
