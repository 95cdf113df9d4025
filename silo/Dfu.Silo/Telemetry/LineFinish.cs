using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Postgres;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Dfu.Silo.Telemetry;

/// <summary>Makes of a log record what the collector gets: by the run's clock, about the span it is about, named as spans name it, without secrets.</summary>
internal sealed class LineFinish : BaseProcessor<LogRecord>
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["Device"] = "dfu.device.address",
        ["Adapter"] = "dfu.adapter.id",
        ["Campaign"] = "dfu.campaign.id",
        ["Attempt"] = "dfu.attempt",
        ["Attempts"] = "dfu.update.attempts",
        ["Outcome"] = "dfu.outcome",
        ["Diagnosis"] = "dfu.diagnosis",
        ["Stored"] = "dfu.resume.stored",
        ["Held"] = "dfu.resume.held",
        ["Reason"] = "dfu.reason",
        ["Error"] = "error.type",
    };

    /// <summary>When what this thread logs next happened.</summary>
    [ThreadStatic]
    private static DateTimeOffset _at;

    public static void At(DateTimeOffset at) => _at = at;

    public override void OnEnd(LogRecord data)
    {
        data.Timestamp = _at.UtcDateTime;
        if (TracedLines.Span is { } span && span != default)
            (data.TraceId, data.SpanId, data.TraceFlags) = (span.TraceId, span.SpanId, span.TraceFlags);
        if (data.FormattedMessage is { } text) data.FormattedMessage = Secrets.Hide(text);
        var attributes = new List<KeyValuePair<string, object?>>();
        foreach (var (name, value) in data.Attributes ?? [])
        {
            if (name is "{OriginalFormat}" || value is null or DfuError.None) continue;
            attributes.Add(new(Names.GetValueOrDefault(name, name), name == "Adapter" ? FleetActivities.AdapterOf(value as string) : Plain(value)));
        }

        if (data.Exception is { } exception)
        {
            // The exporter would write it as it is.
            data.Exception = null;
            attributes.Add(new("exception.type", exception.GetType().FullName));
            attributes.Add(new("exception.message", Secrets.Hide(exception.Message)));
            attributes.Add(new("exception.stacktrace", Secrets.Hide(exception.ToString())));
        }

        data.Attributes = attributes;
    }

    private static object? Plain(object value) => value switch
    {
        DfuError error => error.Code(),
        Enum other => char.ToLowerInvariant(other.ToString()[0]) + other.ToString()[1..],
        bool or int or long or double or float => value,
        _ => value.ToString() is { } text ? Secrets.Hide(text) : null,
    };
}
