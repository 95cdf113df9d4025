using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Dfu.Server.Hosting;
using Dfu.Server.Tests.Security;

namespace Dfu.Server.Tests.Hosting;

/// <summary>Who may see it is among what <see cref="RolesTests"/> asks of every endpoint.</summary>
[Collection(KeyedFleet.Name)]
public sealed partial class MetricsPageTests(KeyedFleet fleet)
{
    [Fact]
    public async Task A_viewer_reads_what_the_member_measures_and_no_device_is_named()
    {
        using var answer = await ScrapeAsync("text/plain");
        Assert.Equal((HttpStatusCode.OK, "text/plain"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Matches("""dfu_adapter_slots_limit\{[^}]*dfu_adapter_id="sim:[^"]*"\} \d+""", text);
        Assert.Contains("""service_name="dfu",service_version="0.1.0",service_instance_id="station",""", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_pause_time_seconds_total", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(DeviceAddress(), text);
    }

    [Fact]
    public async Task A_scraper_that_asks_for_it_gets_OpenMetrics()
    {
        using var answer = await ScrapeAsync("application/openmetrics-text; version=1.0.0");
        Assert.Equal("application/openmetrics-text", answer.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("# EOF\n", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> ScrapeAsync(string accepts)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ScrapedMetrics.Path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", fleet.Viewer);
        request.Headers.Accept.ParseAdd(accepts);
        return await fleet.Served.Http.SendAsync(request);
    }

    [GeneratedRegex("[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")]
    private static partial Regex DeviceAddress();
}

[Collection(SharedFleet.Name)]
public sealed class NoMetricsPageTests(SharedFleet fleet)
{
    [Fact]
    public async Task It_is_not_there_where_nobody_asked_for_it()
    {
        using var answer = await fleet.Served.Http.GetAsync(new Uri(ScrapedMetrics.Path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
