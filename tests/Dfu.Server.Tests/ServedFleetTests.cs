using System.Net;

namespace Dfu.Server.Tests;

[Collection(SharedFleet.Name)]
public sealed class ServedFleetTests(SharedFleet shared)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/campaigns")]
    public async Task The_console_and_the_api_are_at_one_address(string path)
    {
        using var answer = await shared.Served.Http.GetAsync(path);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{await answer.Content.ReadAsStringAsync()}\n{string.Join('\n', shared.Served.Said)}");
    }
}
