using System.Globalization;
using Dfu.Fleet.Telemetry;
using OpenTelemetry.Trace;

namespace Dfu.Silo.Telemetry;

/// <summary>
/// Orleans has a span for every call and write, and grains make hundreds a second by themselves: so many that ours would be dropped with
/// them. Theirs are taken as part of a trace that somebody began, and never begin one.
/// </summary>
internal sealed class TraceSampler(Sampler traces) : Sampler
{
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="warn">Told of a value that is not understood; it counts as not set.</param>
    public static TraceSampler Read(Func<string, string?> variable, Action<string> warn)
    {
        switch (variable("OTEL_TRACES_SAMPLER")?.Trim())
        {
            case null or "" or "parentbased_always_on":
                break;
            case "always_on":
                return new(new AlwaysOnSampler());
            case "always_off":
                return new(new AlwaysOffSampler());
            case "traceidratio":
                return new(new TraceIdRatioBasedSampler(Ratio(variable, warn)));
            case "parentbased_always_off":
                return new(new ParentBasedSampler(new AlwaysOffSampler()));
            case "parentbased_traceidratio":
                return new(new ParentBasedSampler(new TraceIdRatioBasedSampler(Ratio(variable, warn))));
            case var other:
                warn($"OTEL_TRACES_SAMPLER={other} is not supported; always_on, always_off, traceidratio and their parentbased_ forms are");
                break;
        }

        return new(new ParentBasedSampler(new AlwaysOnSampler()));
    }

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.ParentContext.TraceId == default && !FleetActivities.BeginsTrace(samplingParameters.Name)
            ? new(SamplingDecision.Drop)
            : traces.ShouldSample(samplingParameters);

    private static double Ratio(Func<string, string?> variable, Action<string> warn)
    {
        const string Name = "OTEL_TRACES_SAMPLER_ARG";
        if (variable(Name)?.Trim() is not { Length: > 0 } text) return 1;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1) return ratio;
        warn($"{Name}={text} is not a number from 0 to 1");
        return 1;
    }
}
