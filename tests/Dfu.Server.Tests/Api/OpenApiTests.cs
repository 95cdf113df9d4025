using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dfu.Api;
using Dfu.Fleet.Campaigns;

namespace Dfu.Server.Tests.Api;

/// <summary>The API's own description: what is checked in of it, and that the server keeps to it.</summary>
[Collection(SharedFleet.Name)]
public sealed class OpenApiTests(SharedFleet shared)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];

    private readonly HttpClient _http = shared.Served.Http;

    private static string Checked([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/openapi.json"));

    private async Task<JsonNode> DocumentAsync() => JsonNode.Parse(await _http.GetStringAsync(ApiRoutes.OpenApi))!;

    [Fact]
    public async Task The_document_that_is_checked_in_is_what_the_server_says_of_itself()
    {
        var text = (await DocumentAsync()).ToJsonString(Readable) + "\n";
        if (Environment.GetEnvironmentVariable("DFU_WRITE_DOCS") == "1") await File.WriteAllTextAsync(Checked(), text);
        Assert.True(
            await File.ReadAllTextAsync(Checked()) == text,
            "the API has changed: see that its clients can live with that, then write docs/openapi.json by running this test with DFU_WRITE_DOCS=1");
    }

    [Fact]
    public async Task Every_request_is_described_with_its_problems()
    {
        var names = new HashSet<string>();
        foreach (var (path, item) in (await DocumentAsync())["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject().Where(static pair => Methods.Contains(pair.Key)))
            {
                var what = $"{method} {path}";
                Assert.StartsWith(ApiRoutes.Root, path, StringComparison.Ordinal);
                Assert.True(operation!["summary"]?.GetValue<string>().EndsWith('.') == true, $"{what} has no summary");
                Assert.True(names.Add(operation["operationId"]!.GetValue<string>()), $"{what} is called like another");
                var responses = operation["responses"]!.AsObject();
                Assert.True(responses.Any(static one => one.Key[0] == '2'), $"{what} has no answer");
                foreach (var status in new[] { "401", "403", "500" })
                    Assert.True(responses[status]?["content"]?[ApiHeaders.Problem] is not null, $"{what} does not tell of {status}");
                foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
                {
                    var isNamed = parameter!["in"]!.GetValue<string>() == "path" && parameter["name"]!.GetValue<string>() is "campaign" or "package";
                    Assert.True(isNamed || parameter["description"] is not null, $"{what}: {parameter["name"]} is not described");
                }
            }
        }
    }

    [Fact]
    public async Task Answers_are_as_described_and_not_sent_to_who_has_them()
    {
        var document = await DocumentAsync();
        var package = await _http.PackageAsync(51);
        var order = new ApiCampaignOrder { PackageId = package, Targets = new() { All = true, Count = 1 }, Plan = new() { Name = "Described" } };
        var campaign = (await _http.StartAsync(order)).Campaign;
        await _http.UntilAsync(campaign, static standing => standing.Outcome != CampaignOutcome.Running);
        await _http.OverAsync(campaign);
        var device = (await _http.GetAsync<CampaignView>(ApiRoutes.View(campaign))).Devices[0].Application.ToString();
        var adapter = (await shared.Served.Fleet.AdaptersAsync(CancellationToken.None))[0].Id;
        var names = new Dictionary<string, string>
        {
            ["campaign"] = campaign, ["package"] = package, ["device"] = device, ["adapter"] = Uri.EscapeDataString(adapter),
        };
        var described = 0;
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            var schema = item!["get"]?["responses"]?["200"]?["content"]?["application/json"]?["schema"];
            if (schema is null || path.Contains("report", StringComparison.Ordinal)) continue;
            var url = names.Aggregate(path, static (url, name) => url.Replace($"{{{name.Key}}}", name.Value, StringComparison.Ordinal));
            using var answer = await _http.GetAsync(url);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{url}: {(int)answer.StatusCode}");
            var flaw = Flaw(JsonNode.Parse(await answer.Content.ReadAsStringAsync()), schema, document, path);
            Assert.True(flaw is null, flaw);
            if (answer.Headers.ETag is not { } tag) continue;
            described++;
            using var again = await _http.SendAsync(HttpMethod.Get, url, null, ("If-None-Match", $"\"another\", W/{tag}"));

            // The air and the adapters never stand still.
            if (path is ApiRoutes.Heard or ApiRoutes.Adapters || path.StartsWith(ApiRoutes.Adapters, StringComparison.Ordinal)) continue;
            Assert.True(again.StatusCode == HttpStatusCode.NotModified, $"{url} was sent again");
            Assert.Empty(await again.Content.ReadAsByteArrayAsync());
        }

        Assert.InRange(described, 14, 99);
    }

    /// <summary>Whether a value is of a schema, as far as its members and types go; null when it is.</summary>
    private static string? Flaw(JsonNode? value, JsonNode schema, JsonNode document, string path)
    {
        while (schema["$ref"]?.GetValue<string>() is { } reference) schema = document["components"]!["schemas"]![reference.Split('/')[^1]]!;
        if (schema["oneOf"] is JsonArray choices)
        {
            var flaws = choices.Select(choice => Flaw(value, choice!, document, path)).ToArray();
            return flaws.Any(static flaw => flaw is null) ? null : flaws[^1];
        }

        string[] types = schema["type"] switch
        {
            JsonArray several => [.. several.Select(static one => one!.GetValue<string>())],
            JsonValue one => [one.GetValue<string>()],
            _ => [],
        };
        if (value is null) return types.Length == 0 || types.Contains("null") ? null : $"{path} is null";
        if (schema["enum"] is JsonArray words && !words.Any(word => word?.ToJsonString() == value.ToJsonString())) return $"{path} is {value}";
        switch (value)
        {
            case JsonObject members:
                if (schema["properties"] is not JsonObject properties)
                    return schema["additionalProperties"] is not JsonObject element
                        ? null
                        : members.Select(one => Flaw(one.Value, element, document, $"{path}.{one.Key}")).FirstOrDefault(static flaw => flaw is not null);
                foreach (var required in schema["required"]?.AsArray() ?? [])
                {
                    if (!members.ContainsKey(required!.GetValue<string>())) return $"{path} has no {required}";
                }

                return members.Select(one =>
                    properties[one.Key] is { } property ? Flaw(one.Value, property, document, $"{path}.{one.Key}") : $"{path}.{one.Key} is not described")
                    .FirstOrDefault(static flaw => flaw is not null);
            case JsonArray items:
                if (!types.Contains("array")) return $"{path} is an array";
                return items.Select((item, i) => Flaw(item, schema["items"]!, document, $"{path}[{i}]")).FirstOrDefault(static flaw => flaw is not null);
            default:
                var kind = value.GetValueKind() switch
                {
                    JsonValueKind.String => "string",
                    JsonValueKind.True or JsonValueKind.False => "boolean",
                    _ => types.Contains("integer") ? "integer" : "number",
                };
                return types.Length == 0 || types.Contains(kind) ? null : $"{path} is a {kind}";
        }
    }
}
