using System.Globalization;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Adapters;

/// <summary>Whether an adapter may take part after what its self-test saw.</summary>
internal static class SelfTests
{
    /// <remarks>
    /// Silence condemns an adapter only while there is something left to do about it: nobody is granted a slot of one that hears nothing. A golden unit that
    /// is not heard while others are condemns none either: it may be off, and would take out every adapter.
    /// </remarks>
    /// <param name="ladderUsedUp">Every step of the recovery ladder was taken already.</param>
    /// <param name="wall">The clock on the wall.</param>
    public static SelfTestReport Judge(SelfTestFindings findings, bool ladderUsedUp, DateTimeOffset wall)
    {
        var (passed, detail) = Judge(findings, ladderUsedUp);
        return new(wall, passed, findings.Heard, findings.ConnectTime, detail);
    }

    private static (bool Passed, string Detail) Judge(SelfTestFindings findings, bool ladderUsedUp)
    {
        var golden = findings.GoldenUnit;
        if (findings.ConnectTime is { } time)
            return (true, string.Create(CultureInfo.InvariantCulture, $"connected to the golden unit {golden} in {time.TotalSeconds:0.0} s"));
        if (findings.Error != DfuError.None) return (false, $"it could not be tested with the golden unit {golden}: {findings.Detail}");
        if (findings.Heard > 0)
        {
            var heard = findings.Heard == 1 ? "heard a device" : $"heard {findings.Heard} devices";
            return (true, golden is null ? heard : $"{heard}, the golden unit {golden} not among them: is it on?");
        }

        var silence = string.Create(CultureInfo.InvariantCulture, $"heard nothing for {findings.Listened.TotalSeconds:0} s");
        var expected = findings.HeardEarlier || golden is not null;
        return expected && !ladderUsedUp
            ? (false, golden is null ? $"{silence}, and it heard devices before" : $"{silence}, not even the golden unit {golden}")
            : (true, $"{silence}; it is used as soon as it hears something");
    }
}
