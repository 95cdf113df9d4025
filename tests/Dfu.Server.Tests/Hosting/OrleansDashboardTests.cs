using System.Net;
using System.Net.Http.Headers;
using Dfu.Server.Tests.Security;

namespace Dfu.Server.Tests.Hosting;

/// <summary>Who may see it is among what <see cref="RolesTests"/> asks of every endpoint.</summary>
[Collection(KeyedFleet.Name)]
public sealed class OrleansDashboardTests(KeyedFleet fleet)
{
    [Fact]
    public async Task An_admin_sees_the_grains_of_the_silo_and_not_its_log()
    {
        using var page = await GetAsync("/orleans/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("script-src 'self';", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("\"siloName\":\"station\"", await CountersAsync(), StringComparison.Ordinal);
        using var trace = await GetAsync("/orleans/Trace");
        Assert.Equal(HttpStatusCode.Forbidden, trace.StatusCode);
    }

    /// <summary>What the dashboard has counted, once it has counted a first time.</summary>
    private async Task<string> CountersAsync()
    {
        for (var left = 200; ; left--)
        {
            using var counters = await GetAsync("/orleans/DashboardCounters");
            var text = await counters.Content.ReadAsStringAsync();
            if (!text.Contains("\"hosts\":[]", StringComparison.Ordinal) || left == 0) return text;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", fleet.Admin) } };
        return await fleet.Served.Http.SendAsync(request);
    }
}

[Collection(SharedFleet.Name)]
public sealed class NoOrleansDashboardTests(SharedFleet fleet)
{
    [Fact]
    public async Task It_is_not_there_where_nobody_asked_for_it()
    {
        using var answer = await fleet.Served.Http.GetAsync(new Uri("/orleans/DashboardCounters", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
