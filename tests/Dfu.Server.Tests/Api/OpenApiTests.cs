using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dfu.Api;

namespace Dfu.Server.Tests.Api;

/// <summary>The API's own description, and what is checked in of it.</summary>
[Collection(SharedFleet.Name)]
public sealed class OpenApiTests(SharedFleet shared)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Path([CallerFilePath] string here = "") =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "../../../docs/openapi.json"));

    private async Task<JsonNode> DocumentAsync() => JsonNode.Parse(await shared.Served.Http.GetStringAsync(ApiRoutes.OpenApi))!;

    [Fact]
    public async Task The_document_that_is_checked_in_is_what_the_server_says_of_itself()
    {
        var text = (await DocumentAsync()).ToJsonString(Readable) + "\n";
        if (Environment.GetEnvironmentVariable("DFU_WRITE_DOCS") == "1") await File.WriteAllTextAsync(Path(), text);
        Assert.True(
            await File.ReadAllTextAsync(Path()) == text,
            "the API has changed: see that its clients can live with that, then write docs/openapi.json by running this test with DFU_WRITE_DOCS=1");
    }
}
