using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dfu.Cli.CampaignFiles;

/// <summary>The JSON Schema (2020-12) of campaign files, for editors: <c>docs/campaign.schema.json</c>.</summary>
internal static class CampaignSchema
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text()
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Campaign of dfu",
            ["description"] = "An update of Nordic nRF5 devices over Bluetooth LE, for 'dfu campaign create -f FILE'. See docs/campaign.md.",
        };
        foreach (var (name, value) in CampaignFields.Root.Schema().ToList()) schema[name] = value?.DeepClone();
        return schema.ToJsonString(Readable) + "\n";
    }
}
