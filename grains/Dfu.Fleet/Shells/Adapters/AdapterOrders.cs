using Dfu.Fleet.Adapters;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>Carries out what operators want of an adapter, and says what became of it when that is durable. Lives on the loop's scheduler.</summary>
internal sealed class AdapterOrders(AdapterParts parts, AdapterLoop loop, StateWaits waits)
{
    /// <summary>Shorter than a call may take: what takes longer goes on without whoever asked for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<ControlAnswer> CarryOutAsync(AdapterControl control, Func<int> underWay)
    {
        var began = parts.Host.Time.GetTimestamp();
        if (!await InTimeAsync(began, () => loop.TakesAttempts)) return Away();
        var (before, attempts) = (loop.State, underWay());
        var verdict = AdapterControls.Verdict(before, control, attempts);
        if (verdict.Refused) return ControlAnswer.Refused(verdict.Words);
        var time = parts.Host.Time.GetUtcNow();
        loop.Apply(new AdapterEvent.Controlled(before.Controls + 1, control, attempts, time, parts.Host.Wall.GetUtcNow()));
        var number = loop.State.Controls;
        loop.Post(static () => { }); // has it saved
        if (!await InTimeAsync(began, () => loop.StoredControls >= number)) return Away();
        return control.Kind switch
        {
            AdapterControlKind.SelfTest => await TestedAsync(began),
            AdapterControlKind.Reset => await ResetAsync(began, verdict.Words),
            _ => ControlAnswer.Done(verdict.Words),
        };
    }

    private async Task<ControlAnswer> TestedAsync(long began)
    {
        var (test, earlier) = (loop.State.Tests, loop.State.Status == AdapterStatus.Testing ? loop.State.SelfTest : null);
        if (!await InTimeAsync(began, () => loop.State.Status != AdapterStatus.Testing || loop.State.Tests != test))
            return ControlAnswer.Done("it is being tested; the result is shown with the adapter");
        if (loop.State.SelfTest is not { } report || ReferenceEquals(report, earlier))
            return Failed($"it went away while it was tested, and is tested again when it is back: {loop.State.Detail}");
        return report.Passed ? ControlAnswer.Done($"passed: {report.Detail}") : Failed($"failed: {report.Detail}");
    }

    private async Task<ControlAnswer> ResetAsync(long began, string words) => await InTimeAsync(began, () => loop.State.ResetBy is null)
        ? ControlAnswer.Done($"{words}: {loop.State.LastReset}")
        : ControlAnswer.Done(words);

    private async Task<bool> InTimeAsync(long began, Func<bool> holds)
    {
        var coming = waits.UntilAsync(holds);
        var left = Patience - parts.Host.Time.GetElapsedTime(began);
        try
        {
            return await coming.WithinAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, parts.Host.Time, CancellationToken.None);
        }
        catch (TimeoutException) when (!coming.IsCompleted)
        {
            return false;
        }
    }

    private static ControlAnswer Failed(string detail) => new() { Error = DfuError.AdapterLost, Detail = detail };

    private static ControlAnswer Away() =>
        new() { Error = DfuError.Interrupted, Detail = "its host is starting or stopping, or cannot store what was asked; ask again" };
}
