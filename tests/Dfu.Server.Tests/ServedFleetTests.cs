using System.Net;

namespace Dfu.Server.Tests;

[Collection(SharedFleet.Name)]
public sealed class ServedFleetTests(SharedFleet shared)
{
    [Fact]
    public async Task The_console_and_the_api_are_at_one_address()
    {
        Assert.Equal(HttpStatusCode.OK, (await shared.Served.Http.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await shared.Served.Http.GetAsync("/api/v1/campaigns")).StatusCode);
    }
}
