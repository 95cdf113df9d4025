using System.Net;
using Dfu.Cli.Dashboards;

namespace Dfu.Cli.Tests.Dashboards;

public sealed class RealDashboardTests
{
    [CachedDashboardFact]
    public async Task The_real_one_listens_takes_telemetry_and_answers_to_its_own_names_only()
    {
        await using var dashboard = await DashboardProcess.StartAsync(
            CachedDashboardFactAttribute.Executable!, new(0, 0, 0, []), TimeProvider.System, CancellationToken.None);
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(dashboard.Address.Page, "traces"))).StatusCode);
        using var empty = new ByteArrayContent([]) { Headers = { ContentType = new("application/x-protobuf") } };
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(new Uri(dashboard.Address.OtlpHttp, "v1/traces"), empty)).StatusCode);
        using var foreign = new HttpRequestMessage(HttpMethod.Get, dashboard.Address.Page) { Headers = { Host = "dashboard.example" } };
        Assert.Equal(HttpStatusCode.BadRequest, (await client.SendAsync(foreign)).StatusCode);
        Assert.NotEqual(0, dashboard.Address.OtlpGrpc.Port);
    }
}

/// <summary>Only where NuGet's folder has the dashboard: a test does not download 38 MB.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CachedDashboardFactAttribute : FactAttribute
{
    public CachedDashboardFactAttribute() =>
        Skip = Executable is null ? $"{DashboardPackage.OfThisMachine().Id} is not in NuGet's folder; './dfu dashboard' brings it" : null;

    public static string? Executable { get; } = DashboardPackage.OfThisMachine().FindIn([Packages]);

    private static string Packages => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
