namespace Dfu.Fleet.Audit;

/// <summary>Who changed what and when. Entries are added and never changed.</summary>
/// <param name="Id">The same for the same change, however often it is told; unique otherwise. 1 to 200 characters.</param>
/// <param name="At">By the clock on the wall; the same however often the change is told.</param>
/// <param name="By">Who: a user and host, or the product itself.</param>
/// <param name="Action">A camelCase word such as <c>campaignPaused</c>.</param>
/// <param name="Subject">The campaign, adapter or device.</param>
/// <param name="Detail">In words; empty when the action says all.</param>
public sealed record AuditEntry(string Id, DateTimeOffset At, string By, string Action, string Subject, string Detail)
{
    private const int LongestName = 200;
    private const int LongestDetail = 1000;

    /// <summary>With texts cut to what the trail keeps of them: 200 characters, of the detail 1000.</summary>
    /// <exception cref="ArgumentException">The id is empty or too long to be told apart.</exception>
    public AuditEntry Bounded() => Id.Length is 0 or > LongestName
        ? throw new ArgumentException($"an id of the audit has 1 to {LongestName} characters")
        : this with
        {
            By = Cut(By, LongestName),
            Action = Cut(Action, LongestName),
            Subject = Cut(Subject, LongestName),
            Detail = Cut(Detail, LongestDetail),
        };

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";
}
