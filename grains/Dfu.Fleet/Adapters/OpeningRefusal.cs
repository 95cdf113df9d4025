using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Adapters;

/// <summary>Whether a run may begin with the radios that opened.</summary>
public static class OpeningRefusal
{
    /// <summary>A radio that another process owns is a mistake to be told at once; others may be missing as long as one is there.</summary>
    /// <param name="refusals">Why each radio could not be opened, null for one that was.</param>
    /// <param name="anyOpened">There is one to work with.</param>
    /// <returns>What ends the run; null when nothing does.</returns>
    public static DfuException? Of(IReadOnlyCollection<DfuException?> refusals, bool anyOpened) =>
        refusals.FirstOrDefault(static refusal => refusal?.Error == DfuError.AdapterInUse)
        ?? (anyOpened ? null : refusals.FirstOrDefault(static refusal => refusal is not null));
}
