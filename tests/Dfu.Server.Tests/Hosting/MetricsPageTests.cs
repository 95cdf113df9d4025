using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Dfu.Fleet.AccessKeys;
using Dfu.Server.Hosting;
using Dfu.Server.Tests.Api;

namespace Dfu.Server.Tests.Hosting;

public sealed partial class MetricsPageTests
{
    [Fact]
    public async Task There_is_no_page_unless_it_is_asked_for()
    {
        await using var fleet = await ServedFleet.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await fleet.Http.GetAsync(ScrapedMetrics.Path)).StatusCode);
    }
}
