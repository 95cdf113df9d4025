using Dfu.Api.Http;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Server.Tests.Security;

namespace Dfu.Server.Tests.Client;

/// <summary>The client and a server that asks for keys.</summary>
[Collection(KeyedFleet.Name)]
public sealed class KeyedClientTests(KeyedFleet keyed)
{
    [Fact]
    public async Task Who_has_no_key_or_one_that_may_less_is_told_so()
    {
        await using var nobody = new FleetHttpClient(new() { Url = keyed.Served.Url });
        await FleetHttpClientTests.RefusedAsync(() => nobody.AboutAsync(default), DfuError.KeyRefused);
        await using var viewer = new FleetHttpClient(new() { Url = keyed.Served.Url, Key = keyed.Viewer });
        await viewer.CampaignsAsync(default);
        await FleetHttpClientTests.RefusedAsync(
            () => viewer.ControlAsync("c", new CampaignControl(CampaignControlKind.Pause, ""), default), DfuError.NotAllowed);
    }

    [Fact]
    public async Task A_server_is_known_by_its_certificate()
    {
        await using var stranger = new FleetHttpClient(new() { Url = keyed.Https, Key = keyed.Operator });
        await FleetHttpClientTests.RefusedAsync(() => stranger.AboutAsync(default), DfuError.CertificateRefused);
        await using var known = new FleetHttpClient(new() { Url = keyed.Https, Key = keyed.Operator, Authority = keyed.Certificate });
        Assert.Equal("station", (await known.AboutAsync(default)).Member);
    }
}
