using System.Diagnostics;
using Dfu.Silo.Telemetry;
using OpenTelemetry.Trace;

namespace Dfu.Silo.Tests.Telemetry;

public sealed class TraceSamplerTests
{
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData("campaign", true)]
    [InlineData("update", true)]
    [InlineData("attempt", true)]
    [InlineData("IAdapterGrain/WakeAsync", false)]
    public void Only_our_spans_begin_a_trace(string span, bool sampled) => Assert.Equal(sampled, Sampled(Read(), span));

    [Theory]
    [InlineData("campaign", SamplingDecision.RecordOnly)]
    [InlineData("update", SamplingDecision.RecordOnly)]
    [InlineData("init packet", SamplingDecision.RecordOnly)]
    [InlineData("IFleetGrain/StartAsync", SamplingDecision.Drop)]
    [InlineData(Request, SamplingDecision.Drop)]
    public void What_the_sampler_leaves_out_of_ours_is_recorded_for_the_case_that_it_fails(string span, SamplingDecision decision) =>
        Assert.Equal(decision, Decided(Read(("OTEL_TRACES_SAMPLER", "always_off")), span, ActivityTraceFlags.None, "/api/v1/campaigns"));

    [Theory]
    [InlineData("/api/v1/campaigns", true)]
    [InlineData("/api/v1/campaigns/x/view", true)]
    [InlineData("/api/v1/events", false)]
    [InlineData("/api/v1/campaigns/x/events", false)]
    [InlineData("/health/live", false)]
    [InlineData("/metrics", false)]
    [InlineData("/_blazor", false)]
    [InlineData("/", false)]
    [InlineData(null, false)]
    public void Of_requests_those_of_the_API_are_taken_that_are_answered_at_once(string? path, bool taken)
    {
        var expected = taken ? SamplingDecision.RecordAndSample : SamplingDecision.Drop;
        Assert.Equal(expected, Decided(Read(), Request, null, path));
        Assert.Equal(expected, Decided(Read(), Request, ActivityTraceFlags.Recorded, path));
    }

    [Fact]
    public void Calls_below_a_request_that_is_left_out_are_left_out_whatever_the_sampler() => Assert.False(
        Sampled(Read(("OTEL_TRACES_SAMPLER", "always_on")), "IFleetGrain/StartAsync", ActivityTraceFlags.None));

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

    private static bool Sampled(TraceSampler sampler, string span, ActivityTraceFlags? parent = null) =>
        Decided(sampler, span, parent) == SamplingDecision.RecordAndSample;

    private static SamplingDecision Decided(TraceSampler sampler, string span, ActivityTraceFlags? parent = null, string? path = null) =>
        sampler.ShouldSample(new(
            parent is { } flags ? new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags) : default,
            ActivityTraceId.CreateRandom(),
            span,
            ActivityKind.Internal,
            path is null ? null : [new("http.request.method", "GET"), new("url.path", path)])).Decision;
}
