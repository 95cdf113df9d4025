using System.Net;
using System.Net.Sockets;
using Dfu.Cli.Dashboards;

namespace Dfu.Cli.Tests.Dashboards;

/// <summary>A user's folder in which NuGet can put, or has put, a package whose dashboard is a script. Only the port of its page answers.</summary>
internal sealed class FakeDashboard : IDisposable
{
    public static readonly DashboardPackage Package = new("linux-x64", DashboardPackage.OfThisMachine().Version);

    private readonly TcpListener _page = new(IPAddress.Loopback, 0);

    /// <param name="otlp">Where it says that it takes telemetry.</param>
    public FakeDashboard(string otlp = "http://127.0.0.1:9")
    {
        _page.Start();
        Script =
            $"""
            #!/bin/sh
            env > environment
            echo $$ > process
            echo "info: Aspire.Dashboard.DashboardWebApplication[0]"
            echo "      Now listening on: {Page}"
            echo "      OTLP/gRPC listening on: http://127.0.0.1:9"
            echo "      OTLP/HTTP listening on: {otlp}"
            exec sleep 600
            """;
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("dfu-dashboard-").FullName;

    public string Page => $"http://127.0.0.1:{((IPEndPoint)_page.LocalEndpoint).Port}";

    public string Script { get; init; }

    /// <summary>Where dfu keeps what is a dashboard's, when XDG_DATA_HOME is the root.</summary>
    public string Home => Path.Combine(Root, "dfu", "dashboard");

    public string Folder => Path.Combine(Home, Package.Version);

    public string Packages => Path.Combine(Root, "packages");

    public string Executable => Path.Combine(Of(Packages), "tools", "Aspire.Dashboard");

    /// <summary>An SDK that brings the package as NuGet does, and writes a line every time it is asked.</summary>
    public string Sdk(string before = "") => Write(
        Path.Combine(Root, "dotnet"),
        $"""
        #!/bin/sh
        echo "$@" >> "{Path.Combine(Root, "asked")}"
        {before}
        mkdir -p obj "{Of(Packages)}/tools"
        cp "{Write(Path.Combine(Root, "script"), Script)}" "{Executable}"
        echo none > "{Of(Packages)}/.nupkg.metadata"
        echo '{Assets}' > obj/project.assets.json
        """);

    public int Asked => File.ReadAllLines(Path.Combine(Root, "asked")).Length;

    private string Assets => "{\"packageFolders\": {\"" + Packages + "\": {}}}";

    /// <summary>As an earlier fetch left it.</summary>
    public FakeDashboard Install()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "obj"));
        File.WriteAllText(Path.Combine(Folder, "obj", "project.assets.json"), Assets);
        Write(Executable, Script);
        File.WriteAllText(Path.Combine(Of(Packages), ".nupkg.metadata"), "{}");
        return this;
    }

    public DashboardHome Of(string dotnet, List<string>? said = null) =>
        new(Home, Package, dotnet, new FetchProgress(TextWriter.Null, live: false, TimeProvider.System), line => said?.Add(line), TimeProvider.System);

    public PackageFetch Fetch(string dotnet) => new(Folder, Package, dotnet, TimeProvider.System);

    /// <summary>Whether the last one that was started has ended; one that nobody has waited for yet has, too.</summary>
    public bool HasEnded() => HasEnded(Told("process").Trim());

    public static bool HasEnded(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    public Dictionary<string, string> Environment() => Told("environment").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(static line => line.Split('=', 2)).Where(static pair => pair.Length == 2).ToDictionary(static pair => pair[0], static pair => pair[1]);

    public void Dispose()
    {
        _page.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private string Told(string file) => File.ReadAllText(Path.Combine(Path.GetDirectoryName(Executable)!, file));

    private static string Of(string packages) => Path.Combine(packages, Package.Id.ToLowerInvariant(), Package.Version);

    private static string Write(string path, string script)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, script + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
