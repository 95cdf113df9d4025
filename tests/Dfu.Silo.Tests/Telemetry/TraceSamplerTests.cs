using System.Diagnostics;
using Dfu.Silo.Telemetry;
using OpenTelemetry.Trace;

namespace Dfu.Silo.Tests.Telemetry;

public sealed class TraceSamplerTests
{
    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData("campaign", true)]
    [InlineData("attempt", true)]
    [InlineData("IAdapterGrain/WakeAsync", false)]
    public void Only_our_spans_begin_a_trace(string span, bool sampled) => Assert.Equal(sampled, Sampled(Read(), span));

    [Fact]
    public void What_others_began_decides_for_all_that_is_below() => Assert.Equal(
        [true, false],
        new[] { ActivityTraceFlags.Recorded, ActivityTraceFlags.None }.Select(flags => Sampled(Read(), "IFleetGrain/StartAsync", flags)));

    [Theory]
    [InlineData("always_off", null, false, false)]
    [InlineData("always_on", null, true, true)]
    [InlineData("traceidratio", "0", false, false)]
    [InlineData("traceidratio", "1", true, true)]
    [InlineData("parentbased_always_off", null, false, true)]
    [InlineData("parentbased_traceidratio", "0", false, true)]
    [InlineData("parentbased_traceidratio", null, true, true)]
    public void The_sampler_is_the_one_that_the_environment_names(string name, string? argument, bool root, bool belowSampled)
    {
        var sampler = Read(("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument));
        Assert.Equal((root, belowSampled), (Sampled(sampler, "campaign"), Sampled(sampler, "attempt", ActivityTraceFlags.Recorded)));
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("OTEL_TRACES_SAMPLER", "jaeger_remote")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "2")]
    public void A_value_that_is_not_understood_is_named_and_everything_is_sampled(string name, string value)
    {
        Assert.True(Sampled(Read(("OTEL_TRACES_SAMPLER", "traceidratio"), (name, value)), "campaign"));
        Assert.Contains($"{name}={value}", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    private TraceSampler Read(params (string Name, string? Value)[] environment) => TraceSampler.Read(
        Variables.Of(_warnings.Add, [.. environment.Where(pair => pair.Value is not null).Select(pair => (pair.Name, pair.Value!))]));

    private static bool Sampled(TraceSampler sampler, string span, ActivityTraceFlags? parent = null) => sampler.ShouldSample(new(
        parent is { } flags ? new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags) : default,
        ActivityTraceId.CreateRandom(),
        span,
        ActivityKind.Internal)).Decision == SamplingDecision.RecordAndSample;
}
