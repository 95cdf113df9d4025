using System.Net;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Scan;

namespace Dfu.Server.Tests.Api;

/// <summary>Adapters, the air and the server itself.</summary>
[Collection(SharedFleet.Name)]
public sealed class FleetTests(SharedFleet shared)
{
    private readonly HttpClient _http = shared.Served.Http;

    [Fact]
    public async Task Adapters_are_listed_told_and_controlled()
    {
        var views = (await _http.GetAsync<ApiPage<AdapterView>>(ApiRoutes.Adapters)).Items;
        Assert.Equal(2, views.Length);
        var id = views[0].Id;
        Assert.StartsWith("station/sim:", id, StringComparison.Ordinal);
        foreach (var path in new[] { ApiRoutes.Adapter(id), $"{ApiRoutes.Adapters}/{Uri.EscapeDataString(id)}" })
        {
            var one = await _http.GetAsync<ApiAdapter>(path);
            Assert.Equal((id, id), (one.View.Id, one.State.Id));
        }

        foreach (var kind in new[] { AdapterControlKind.Drain, AdapterControlKind.Resume, AdapterControlKind.SelfTest })
        {
            using var answer = await _http.PostAsync(ApiRoutes.Adapter(id), new ApiAdapterControl(kind));
            Assert.NotEmpty((await answer.ReadAsync<ApiDone>(HttpStatusCode.OK)).Done);
        }

        var tested = await _http.GetAsync<ApiAdapter>(ApiRoutes.Adapter(id));
        Assert.Equal((null, true), (tested.State.HeldBy, tested.View.SelfTest?.Passed));
        using var reset = await _http.PostAsync(ApiRoutes.Adapter(id), new ApiAdapterControl(AdapterControlKind.Reset));
        Assert.NotEqual(HttpStatusCode.InternalServerError, reset.StatusCode);
    }

    [Fact]
    public async Task Who_is_on_the_air_is_told_with_the_adapters_that_hear_it()
    {
        var begin = TimeProvider.System.GetTimestamp();
        HeardAir air;
        while ((air = await _http.GetAsync<HeardAir>(ApiRoutes.Heard)).Units.Length < 6)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), $"{air.Units.Length} heard");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.Equal(2, air.Adapters.Length);
        Assert.All(air.Units, unit => Assert.All(unit.By, heard => Assert.InRange(heard.Adapter, 0, 1)));
        Assert.Equal(air.Units.Select(static unit => unit.Signal), air.Units.Select(static unit => unit.Signal).OrderDescending());
        var name = air.Units[0].Name;
        Assert.All((await _http.GetAsync<HeardAir>($"{ApiRoutes.Heard}?name={Uri.EscapeDataString(name)}")).Units, unit => Assert.Equal(name, unit.Name));
        Assert.Single((await _http.GetAsync<HeardAir>($"{ApiRoutes.Heard}?limit=1")).Units);
        Assert.Empty((await _http.GetAsync<HeardAir>($"{ApiRoutes.Heard}?mode=smp")).Units);
        Assert.All(
            (await _http.GetAsync<HeardAir>($"{ApiRoutes.Heard}?mode=bootloaderOrApplication")).Units,
            static unit => Assert.Equal(UnitMode.BootloaderOrApplication, unit.Mode));
    }

    [Fact]
    public async Task A_server_tells_what_it_is()
    {
        var about = await _http.GetAsync<ApiAbout>(ApiRoutes.About);
        Assert.Equal(("station", false, false, 16L << 20), (about.Member, about.Cluster, about.SignedOnly, about.MaxUploadBytes));
        Assert.Matches(@"^\d+\.\d+\.\d+$", about.Version);
    }
}
