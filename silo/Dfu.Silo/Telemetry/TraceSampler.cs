using System.Diagnostics;
using System.Globalization;
using Dfu.Fleet.Telemetry;
using OpenTelemetry.Trace;

namespace Dfu.Silo.Telemetry;

/// <summary>
/// Orleans has a span for every call and write, and grains make hundreds a second by themselves: so many that ours would be dropped with
/// them. Theirs are taken as part of a trace that somebody began, and never begin one. Requests of the HTTP API may begin one; those that never end,
/// and all that browsers, probes and scrapers ask for, are left out.
/// </summary>
/// <remarks>
/// What is left out of ours is recorded all the same, for those that fail are kept.
/// The SDK would make the sampler that the environment names, but only where no other is set, and it hands that one to nobody. So its
/// variables are read here too.
/// </remarks>
internal sealed class TraceSampler(Sampler traces) : Sampler
{
    /// <summary>What ASP.NET calls the span of a request when it begins.</summary>
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";
    private const string Api = "/api/";
    private const string Events = "/events";
    private const string Kind = "OTEL_TRACES_SAMPLER";
    private const string Argument = "OTEL_TRACES_SAMPLER_ARG";
    private const string ParentBased = "parentbased_";

    public static TraceSampler Read(OtlpVariables variables)
    {
        variables.Forget(
            Kind,
            static text => Root(text, 1) is not null,
            "is not supported; always_on, always_off, traceidratio and their parentbased_ forms are");
        variables.Forget(Argument, static text => Ratio(text) is not null, "is not a number from 0 to 1");
        var kind = variables[Kind] ?? "parentbased_always_on";
        var root = Root(kind, Ratio(variables[Argument]) ?? 1)!;
        return new(kind.StartsWith(ParentBased, StringComparison.Ordinal) ? new ParentBasedSampler(root) : root);
    }

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var isOurs = FleetActivities.IsOurs(samplingParameters.Name);
        if (!isOurs && !(samplingParameters.Name == Request ? IsShort(samplingParameters) : IsBelowSampled(samplingParameters)))
            return new(SamplingDecision.Drop);
        var result = traces.ShouldSample(samplingParameters);
        return isOurs && result.Decision == SamplingDecision.Drop ? new(SamplingDecision.RecordOnly) : result;
    }

    private static bool IsBelowSampled(in SamplingParameters span) => (span.ParentContext.TraceFlags & ActivityTraceFlags.Recorded) != 0;

    /// <summary>A request of the HTTP API that is answered at once.</summary>
    private static bool IsShort(in SamplingParameters request)
    {
        foreach (var (name, value) in request.Tags ?? [])
        {
            if (name != "url.path" || value is not string path) continue;
            return path.StartsWith(Api, StringComparison.Ordinal) && !path.EndsWith(Events, StringComparison.Ordinal);
        }

        return false;
    }

    private static Sampler? Root(string kind, double ratio) => kind switch
    {
        "always_on" or ParentBased + "always_on" => new AlwaysOnSampler(),
        "always_off" or ParentBased + "always_off" => new AlwaysOffSampler(),
        "traceidratio" or ParentBased + "traceidratio" => new TraceIdRatioBasedSampler(ratio),
        _ => null,
    };

    private static double? Ratio(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 ? ratio : null;
}
