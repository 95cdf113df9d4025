using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Dfu.Api;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Links;

namespace Dfu.Server.Tests.Api;

/// <summary>Calls as a client would make them.</summary>
internal static class ApiCalls
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    public static async Task<T> GetAsync<T>(this HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        return await answer.ReadAsync<T>(HttpStatusCode.OK);
    }

    public static async Task<T> ReadAsync<T>(this HttpResponseMessage answer, HttpStatusCode status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        return (await answer.Content.ReadFromJsonAsync<T>(ApiJson.Options))!;
    }

    public static Task<HttpResponseMessage> PostAsync<T>(this HttpClient http, string path, T body, params (string Name, string Value)[] headers) =>
        http.SendAsync(HttpMethod.Post, path, JsonContent.Create(body, options: ApiJson.Options), headers);

    public static Task<HttpResponseMessage> SendAsync(
        this HttpClient http, HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> UploadAsync(this HttpClient http, byte[] file, params (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(file);
        content.Headers.ContentType = new(ApiHeaders.Zip);
        return http.SendAsync(HttpMethod.Post, ApiRoutes.Packages, content, headers);
    }

    /// <summary>Uploads a package and tells its id.</summary>
    public static async Task<string> PackageAsync(this HttpClient http, int seed, int size = 4096)
    {
        var (package, file) = TestPackage.Build(size, seed);
        using var answer = await http.UploadAsync(file);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return package.Id;
    }

    /// <summary>The answer is a problem with all that one has; tells it.</summary>
    public static async Task<ApiProblem> ProblemAsync(this HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((status, ApiHeaders.Problem) == (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), $"{(int)answer.StatusCode} {text}");
        var problem = (await answer.Content.ReadFromJsonAsync<ApiProblem>(ApiJson.Options))!;
        Assert.Equal((code, (int)status, $"urn:dfu:error:{code}"), (problem.Code, problem.Status!.Value, problem.Type));
        Assert.All([problem.Title, problem.Detail, problem.Remedy], static text => Assert.False(string.IsNullOrWhiteSpace(text)));
        return problem;
    }

    public static StringContent Json(string text) => new(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    /// <summary>A campaign for devices that are not there, which begins on another day: it is in nobody's way.</summary>
    public static ApiCampaignOrder Later(string package, int device, string name = "") => new()
    {
        PackageId = package,
        Targets = new() { Addresses = [new BluetoothAddress(0xC1_00_00_00_00_00ul + ((ulong)device * 16))] },
        Plan = new() { Name = name, Schedule = new CampaignSchedule { Start = TimeProvider.System.GetUtcNow().AddDays(1) } },
    };

    public static async Task<ApiCampaignStarted> StartAsync(this HttpClient http, ApiCampaignOrder order, params (string Name, string Value)[] headers)
    {
        using var answer = await http.PostAsync(ApiRoutes.Campaigns, order, headers);
        return await answer.ReadAsync<ApiCampaignStarted>(HttpStatusCode.Created);
    }

    public static async Task CancelAsync(this HttpClient http, string campaign)
    {
        using var answer = await http.PostAsync(ApiRoutes.Control(campaign), new ApiCampaignControl { Kind = CampaignControlKind.Cancel, Cut = true });
        await answer.ReadAsync<ApiDone>(HttpStatusCode.OK);
        await http.OverAsync(campaign);
    }

    /// <summary>Waits until the campaign is over for the directory too: from then on it is in no other's way.</summary>
    public static Task OverAsync(this HttpClient http, string campaign) => UntilAsync(
        () => http.GetAsync<ApiPage<ApiCampaign>>($"{ApiRoutes.Campaigns}?standing=false&limit=1000"),
        page => page.Items.Any(one => one.Entry.Campaign == campaign && one.Entry.Finished));

    public static Task<CampaignStanding> UntilAsync(this HttpClient http, string campaign, Func<CampaignStanding, bool> isSo) =>
        UntilAsync(() => http.GetAsync<CampaignStanding>(ApiRoutes.Campaign(campaign)), isSo);

    private static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> isSo)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await look();
            if (isSo(seen)) return seen;
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Soon, seen!.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
        }
    }
}
