using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Api;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Plans;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace Dfu.Fuzz.Targets;

/// <summary>Bodies of HTTP requests: JSON, bound as the server binds it, and what is wrong with it told as the server tells it.</summary>
internal sealed class BodyTarget : IFuzzTarget
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly JsonSerializerOptions Options = ServerOptions();

    /// <summary>Only says where the body came from.</summary>
    private static readonly DefaultHttpContext Context = new();

    public string Name => "body";

    public IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            """
            a{"packageId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "targets":{"addresses":["C0:98:76:54:32:10"],"labels":[{"device":"C0:98:76:54:32:10","serial":"1"}]},
            "only":"application","limits":{"patience":"00:02:00","maxConcurrency":3},"restart":true}
            """,
            """
            a{"packageId":"0000000000000000000000000000000000000000000000000000000000000000","targets":{"nameGlob":"S*","count":3,"feed":true},
            "plan":{"name":"x","priority":3,"groups":[{"percent":5,"goOnAt":50,"errors":{"count":1,"action":"Stop"}},{}],
            "schedule":{"start":"2026-12-01T00:00:00Z","zone":"Europe/Berlin","windows":[{"days":["monday"],"from":"22:00:00","to":"06:00:00"}]},
            "finish":{"characteristic":"00002a26-0000-1000-8000-00805f9b34fb","expect":"1"}}}
            """,
            """b{"kind":"retry","devices":["C0:98:76:54:32:10"],"cut":false}""",
            """c{"name":"me","role":"viewer","expiresAt":"2027-01-01T00:00:00Z"}""",
            """d{"kind":"drain"}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[]
        {
            "\"packageId\":", "\"targets\":{", "\"addresses\":[", "\"all\":true", "\"nameGlob\":\"", "\"scanTime\":\"00:00:10\"", "\"feed\":true",
            "\"labels\":[", "\"count\":", "\"only\":", "\"limits\":{", "\"plan\":{", "\"groups\":[{", "\"errors\":{", "\"percent\":",
            "\"schedule\":{",
            "\"windows\":[{", "\"days\":[", "\"zone\":", "\"start\":", "\"end\":", "\"from\":", "\"to\":", "\"finish\":{", "\"kind\":", "\"role\":",
            "null", "true",
            "1e400", "-0", "\"00:00:00\"", "\"24:00:00\"", "\"9999-12-31T23:59:59Z\"", "\"0001-01-01T00:00:00+14:00\"", "\\ud800", "\\u0000",
            "{", "}", "[", "]", ",",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public void Run(byte[] input)
    {
        if (input.Length == 0) return;
        var body = input[1..];
        try
        {
            switch (input[0])
            {
                case (byte)'a':
                    if (Read<ApiCampaignOrder>(body) is { } order) Check(order);
                    break;
                case (byte)'b':
                    _ = Read<ApiCampaignControl>(body);
                    break;
                case (byte)'c':
                    _ = Read<ApiKeyOrder>(body);
                    break;
                default:
                    _ = Read<ApiAdapterControl>(body);
                    break;
            }
        }
        catch (JsonException e)
        {
            var problem = BadRequests.Explain(new BadHttpRequestException("no JSON", e), Context.Request);
            Flaw.If(problem.Status is < 400 or >= 500 or null, $"status {problem.Status}");
            Flaw.UnlessOneLine($"{problem.Detail} - {problem.Remedy}");
        }
    }

    private static void Check(ApiCampaignOrder order)
    {
        if (OrderRules.OfOrder(order.PackageId, order.Targets) is { } refusal)
        {
            Flaw.UnlessOneLine(ApiProblems.Of(refusal.Error, refusal.Detail).Detail!);
            return;
        }

        var total = order.Targets.Addresses.IsDefaultOrEmpty ? order.Targets.Count : order.Targets.Addresses.Length;
        if ((order.Limits.Flaw() ?? order.Plan.Flaw(total)) is { } flaw)
            Flaw.UnlessOneLine(ApiProblems.Of(DfuError.InvalidArgument, flaw).Detail!);
        else _ = Openings.At(order.Plan.Schedule, Now);
    }

    private static T? Read<T>(byte[] body)
        where T : class
    {
        if (JsonSerializer.Deserialize<T>(body, Options) is not { } read) return null;
        var content = IdempotencyKeys.Content(read);
        var again = JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(read, Options), Options)!;
        Flaw.If(IdempotencyKeys.Content(again) != content, "written and read again it is another request");
        return read;
    }

    private static JsonSerializerOptions ServerOptions()
    {
        var options = ApiJson.Set(new(JsonSerializerDefaults.Web));
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        return options;
    }
}
