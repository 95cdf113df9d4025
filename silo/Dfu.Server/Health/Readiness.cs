using Dfu.Silo.Serve;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Dfu.Server.Health;

/// <summary>Whether a check passed, and what it found.</summary>
internal sealed record ReadinessCheck(bool Ok, string Detail);

/// <summary>What <c>/health/ready</c> says.</summary>
internal sealed record ReadinessReport(bool Ready, IReadOnlyDictionary<string, ReadinessCheck> Checks);

/// <summary>Whether this member should be sent requests; looked at once a second at most, however often it is asked for.</summary>
internal sealed class Readiness(HealthCheckService checks, ServedSilo silo, TimeProvider time)
{
    /// <summary>What has not answered for so long counts as failed.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Task<ReadinessReport>? _report;
    private long _asked;

    public Task<ReadinessReport> ReportAsync()
    {
        if (silo.Stopping.IsCancellationRequested)
            return Task.FromResult(new ReadinessReport(false, new Dictionary<string, ReadinessCheck> { ["member"] = new(false, "it was told to stop") }));
        lock (_gate)
        {
            if (_report is null || (_report.IsCompleted && time.GetElapsedTime(_asked) >= Fresh)) (_report, _asked) = (LookAsync(), time.GetTimestamp());
            return _report;
        }
    }

    private async Task<ReadinessReport> LookAsync()
    {
        var found = await checks.CheckHealthAsync();
        return new(
            found.Status == HealthStatus.Healthy,
            found.Entries.ToDictionary(
                static entry => entry.Key,
                static entry => new ReadinessCheck(entry.Value.Status == HealthStatus.Healthy, entry.Value.Description ?? "it failed; the log says why")));
    }
}
