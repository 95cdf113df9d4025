using System.Net;
using Dfu.Api;

namespace Dfu.Server.Tests.Api;

/// <summary>Orders that are made twice: because an answer was lost, or by two at once.</summary>
[Collection(SharedFleet.Name)]
public sealed class RepeatTests(SharedFleet shared)
{
    private readonly HttpClient _http = shared.Served.Http;

    private static (string, string) Key(string key) => (ApiHeaders.IdempotencyKey, key);

    [Fact]
    public async Task Orders_at_once_for_the_same_devices_become_one_campaign()
    {
        var order = ApiCalls.Later(await _http.PackageAsync(31), 3100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _http.PostAsync(ApiRoutes.Campaigns, order)));
        var started = await Task.WhenAll(answers.Select(static answer => answer.ReadAsync<ApiCampaignStarted>(answer.StatusCode)));
        var id = Assert.Single(started.Select(static one => one.Campaign).Distinct());
        Assert.Single(answers, static answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(9, answers.Count(static answer => answer.StatusCode == HttpStatusCode.OK));
        await _http.CancelAsync(id);
    }

    [Fact]
    public async Task An_order_to_begin_anew_begins_once_with_a_key_and_each_time_without()
    {
        var order = ApiCalls.Later(await _http.PackageAsync(32), 3200) with { Restart = true };
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _http.PostAsync(ApiRoutes.Campaigns, order, Key("anew"))));
        var started = await Task.WhenAll(answers.Select(static answer => answer.ReadAsync<ApiCampaignStarted>(HttpStatusCode.Created)));
        var first = Assert.Single(started.Select(static one => one.Campaign).Distinct());
        var second = (await _http.StartAsync(order)).Campaign;
        Assert.NotEqual(first, second);
        Assert.Equal(first, (await _http.StartAsync(order, Key("anew"))).Campaign);
        await _http.OverAsync(first);
        await _http.CancelAsync(second);
    }

    [Fact]
    public async Task A_key_with_another_order_is_refused()
    {
        var order = ApiCalls.Later(await _http.PackageAsync(33), 3300);
        var id = (await _http.StartAsync(order, Key("mine"))).Campaign;
        using var other = await _http.PostAsync(ApiRoutes.Campaigns, order with { Limits = new() { MaxAttempts = 7 } }, Key("mine"));
        var problem = await other.ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotencyKeyReused");
        Assert.Contains(id, problem.Detail, StringComparison.Ordinal);
        await _http.CancelAsync(id);
    }

    [Fact]
    public async Task A_key_holds_over_a_restart_of_the_server()
    {
        var directory = Directory.CreateTempSubdirectory("dfu-served-");
        try
        {
            var order = new ApiCampaignOrder { PackageId = "", Targets = new() { All = true, Count = 1 } };
            string first;
            await using (var served = await ServedFleet.StartAsync("sim:devices=1", directory: directory.FullName))
            {
                order = ApiCalls.Later(await served.Http.PackageAsync(34), 3400) with { Restart = true };
                first = (await served.Http.StartAsync(order, Key("kept"))).Campaign;
            }

            await using var again = await ServedFleet.StartAsync("sim:devices=1", directory: directory.FullName);
            Assert.Equal(first, (await again.Http.StartAsync(order, Key("kept"))).Campaign);
            Assert.Single((await again.Http.GetAsync<ApiPage<ApiCampaign>>(ApiRoutes.Campaigns)).Items);
        }
        finally
        {
            directory.Delete(true);
        }
    }
}
