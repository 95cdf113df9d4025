using System.Globalization;
using Dfu.Fleet.Telemetry;
using OpenTelemetry.Trace;

namespace Dfu.Silo.Telemetry;

/// <summary>
/// Orleans has a span for every call and write, and grains make hundreds a second by themselves: so many that ours would be dropped with
/// them. Theirs are taken as part of a trace that somebody began, and never begin one.
/// </summary>
/// <remarks>
/// The SDK would make the sampler that the environment names, but only where no other is set, and it hands that one to nobody. So its
/// variables are read here too.
/// </remarks>
internal sealed class TraceSampler(Sampler traces) : Sampler
{
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

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.ParentContext.TraceId == default && !FleetActivities.BeginsTrace(samplingParameters.Name)
            ? new(SamplingDecision.Drop)
            : traces.ShouldSample(samplingParameters);

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
