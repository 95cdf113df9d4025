using System.Net.Http.Json;
using System.Text.Json;
using Dfu.Silo.Serve;

namespace Dfu.Cli.Tests.Processes;

/// <summary>A server of a test, and a campaign that it is given over HTTP.</summary>
internal sealed class Station : IDisposable
{
    private readonly DfuProcess _process;
    private readonly HttpClient _http;

    private Station(DfuProcess process, Uri url) => (_process, _http) = (process, new HttpClient { BaseAddress = url });

    /// <param name="start">Starts the command with the arguments that it is given.</param>
    public static async Task<Station> StartAsync(Func<string[], DfuProcess> start, Bench bench, string data, params string[] options)
    {
        var process = start(["serve", "--name", "station-1", "--urls", "http://127.0.0.1:0", .. bench.Adapters, "--data-dir", data, .. options]);
        await process.LineAsync(line => line.StartsWith("dfu: console", StringComparison.Ordinal));
        return new(process, ServerFile.Read(data)!.Url!);
    }

    /// <summary>Gives it a campaign that updates one device after the other.</summary>
    /// <returns>The campaign's id.</returns>
    public async Task<string> OrderAsync(string package, int devices)
    {
        using var file = new ByteArrayContent(await File.ReadAllBytesAsync(package));
        file.Headers.ContentType = new("application/zip");
        var kept = await AnswerAsync(await _http.PostAsync(new Uri("api/v1/packages", UriKind.Relative), file));
        var order = new
        {
            packageId = kept.GetProperty("id").GetString(),
            targets = new { nameGlob = "*", count = devices },
            limits = new { maxConcurrency = 1 },
        };
        return (await AnswerAsync(await _http.PostAsJsonAsync("api/v1/campaigns", order))).GetProperty("campaign").GetString()!;
    }

    public async Task<JsonElement> StandingAsync(string campaign) =>
        await AnswerAsync(await _http.GetAsync(new Uri($"api/v1/campaigns/{campaign}", UriKind.Relative)));

    /// <summary>Returns when the campaign stands as is wanted.</summary>
    public async Task<JsonElement> UntilAsync(string campaign, Predicate<JsonElement> wanted)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 2400; i++)
        {
            var standing = await StandingAsync(campaign);
            if (wanted(standing)) return standing;
            await timer.WaitForNextTickAsync();
        }

        throw new TimeoutException($"the campaign never came that far: {await StandingAsync(campaign)}");
    }

    public static int Updated(JsonElement standing) => standing.GetProperty("updated").GetInt32();

    public static bool IsOver(JsonElement standing) => standing.GetProperty("outcome").GetString() != "running";

    public Task<JsonElement> EndAsync(string campaign) => UntilAsync(campaign, IsOver);

    public Task KillAsync() => _process.KillAsync();

    public async Task StopAsync()
    {
        _process.Signal("TERM");
        var (code, _, error) = await _process.EndAsync();
        Assert.True(code == 0, error);
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.Dispose();
    }

    private static async Task<JsonElement> AnswerAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
    }
}
