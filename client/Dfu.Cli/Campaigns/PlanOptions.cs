using System.CommandLine;
using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Campaigns;

/// <summary>The part of a plan and its limits that options can say; a campaign file says all of it.</summary>
internal sealed class PlanOptions
{
    private static readonly string[] MomentForms = ["HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm"];

    private readonly Option<string?> _title = Option.Text("--title", "What people call the campaign; another title is another campaign.", "TEXT");

    private readonly Option<int?> _priority = Option.Number("--priority", "1 to 9, 5 unless given: higher ones go first where radios are shared.", 1, 9);

    private readonly Option<GroupPlan[]> _groups = Option.Many<GroupPlan>(
        "--group",
        "Update so many devices first, such as 10 or 5%; repeat it for more. The rest follows when they are updated.",
        GroupPlan.TryParse,
        "a size such as 10 or 5%", "SIZE");

    private readonly Option<bool> _approval = Option.Flag("--approval", "Wait for 'dfu campaign approve' between groups.");

    private readonly Option<ErrorRule?> _failures = Option.Of<ErrorRule?>(
        "--max-failures", "Pause when so many devices have failed, such as 3 or 5%.", ErrorRule.TryParse, "a number such as 3, or 5%", null, "N");

    private readonly Option<DateTime?> _start = Moment("--start", "Begin at this time, of this machine's clock: 18:00, or 2026-12-01T18:00.");

    private readonly Option<DateTime?> _end = Moment("--end", "Begin no device after this time; the rest is cancelled.");

    private readonly Option<TimeSpan?> _patience = Option.Time(
        "--patience", "A device nobody hears for so long has failed; 120 s unless given.", TimeSpan.FromDays(7), "a time from 1s to 168h such as 120s");

    private readonly Option<int?> _concurrency = Option.Number("--max-concurrency", "Transfers at once over all adapters.", 1, 10_000);

    private readonly Option<int?> _perAdapter = Option.Number("--max-per-adapter", "Transfers at once on each adapter.", 1, CampaignLimits.MostPerAdapter);

    private readonly Option<int?> _perHost = Option.Number("--max-per-host", "Transfers at once over the adapters of each host.", 1, 10_000);

    private readonly Option<bool> _force = Option.Flag("--force", "Send it to devices too that are known to run it or to refuse it.");

    private readonly Option<bool> _noVerify = Option.Flag("--no-verify", "Do not wait for the application after the update.");

    public IReadOnlyList<System.CommandLine.Option> Options =>
        [_title, _priority, _groups, _approval, _failures, _start, _end, _patience, _concurrency, _perAdapter, _perHost, _force, _noVerify];

    public void AddTo(Command command)
    {
        _groups.AllowMultipleArgumentsPerToken = false; // the package may come behind it
        foreach (var option in Options) command.Add(option);
    }

    public CampaignPlan Plan(ParseResult result, DateTimeOffset now, TimeZoneInfo local)
    {
        var approval = result.GetValue(_approval);
        GroupPlan[] groups = [.. result.GetRequiredValue(_groups).Select(group => group with { Approval = approval })];
        return new()
        {
            Name = result.GetValue(_title) ?? "",
            Priority = result.GetValue(_priority) ?? CampaignPlan.UsualPriority,
            Groups = groups.Length == 0 ? [] : [.. groups, new()],
            Errors = result.GetValue(_failures),
            Schedule = new() { Start = At(result.GetValue(_start), now, local), End = At(result.GetValue(_end), now, local) },
            Finish = new() { Verify = !result.GetValue(_noVerify) },
            Force = result.GetValue(_force),
        };
    }

    public CampaignLimits Limits(ParseResult result) => new()
    {
        Patience = result.GetValue(_patience) ?? new CampaignLimits().Patience,
        MaxConcurrency = result.GetValue(_concurrency),
        MaxTransfersPerAdapter = result.GetValue(_perAdapter),
        MaxTransfersPerHost = result.GetValue(_perHost),
    };

    /// <summary>A time of day is the next one to come.</summary>
    internal static DateTimeOffset? At(DateTime? moment, DateTimeOffset now, TimeZoneInfo local)
    {
        if (moment is not { } given) return null;
        if (given.Date != DateTime.MinValue.Date) return new(given, local.GetUtcOffset(given));
        var today = TimeZoneInfo.ConvertTime(now, local).Date + given.TimeOfDay;
        if (new DateTimeOffset(today, local.GetUtcOffset(today)) <= now) today = today.AddDays(1);
        return new(today, local.GetUtcOffset(today));
    }

    private static Option<DateTime?> Moment(string name, string description) => Option.Of<DateTime?>(
        name,
        description,
        static (string text, out DateTime? value) =>
        {
            var read = DateTime.TryParseExact(text, MomentForms, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault, out var moment);
            value = moment;
            return read;
        },
        "a time such as 18:00 or 2026-12-01T18:00",
        null,
        "TIME");
}
