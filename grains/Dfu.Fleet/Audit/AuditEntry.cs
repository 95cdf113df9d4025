namespace Dfu.Fleet.Audit;

/// <summary>Who changed what and when. Entries are added and never changed.</summary>
/// <param name="Id">The same for the same change, however often it is told; unique otherwise.</param>
/// <param name="At">By the clock on the wall.</param>
/// <param name="By">Who: a user and host, or the product itself.</param>
/// <param name="Action">A camelCase word such as <c>campaignPaused</c>.</param>
/// <param name="Subject">The campaign, adapter or device.</param>
/// <param name="Detail">In words; empty when the action says all.</param>
public sealed record AuditEntry(string Id, DateTimeOffset At, string By, string Action, string Subject, string Detail);
