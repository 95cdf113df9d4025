using System.Text;
using System.Text.Json;
using Dfu.Api;
using Dfu.Api.Events;
using Dfu.Server.Live;

namespace Dfu.Server.Tests.Live;

/// <summary>An event as a reader gets it.</summary>
internal sealed record SentEvent(string Id, string Name, string Data)
{
    public CampaignUpdate Campaign => JsonSerializer.Deserialize<CampaignUpdate>(Data, ApiJson.Options)!;

    public FleetUpdate Fleet => JsonSerializer.Deserialize<FleetUpdate>(Data, ApiJson.Options)!;

    public static SentEvent Of(EventText text) => Parse(Encoding.UTF8.GetString(text.Bytes.Span));

    /// <param name="text">Lines up to, and without, the empty one.</param>
    public static SentEvent Parse(string text)
    {
        var fields = text.TrimEnd('\n').Split('\n').Select(static line => line.Split(": ", 2)).ToDictionary(static field => field[0], static field => field[1]);
        return new(fields.GetValueOrDefault("id", ""), fields.GetValueOrDefault("event", ""), fields.GetValueOrDefault("data", ""));
    }
}
