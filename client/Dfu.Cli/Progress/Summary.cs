using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Spectre.Console;

namespace Dfu.Cli.Progress;

/// <summary>The end of a run, for somebody who has not watched it.</summary>
internal static class Summary
{
    private const int DevicesNamed = 5;

    /// <param name="extra">Further rows: what only this command knows, such as where the report is.</param>
    public static void Write(IAnsiConsole console, CampaignView view, ProgressTitle title, IEnumerable<(string Label, string Text)> extra)
    {
        var tally = Tally.Of(view);
        console.WriteLine();
        Sheet.Line(console, Headline(view, tally, title));
        console.WriteLine();

        Sheet.Write(console, [.. Rows(view, tally, title).Concat(extra).Select(row => ($"[grey]{row.Label}[/]", row.Text)), .. Failures(view)]);
        console.WriteLine();
    }

    private static string Headline(CampaignView view, Tally tally, ProgressTitle title)
    {
        var all = Format.Count(tally.Devices, "device");
        var time = $"in {Format.Duration(view.Seconds)}" + (title.TimeScale > 1 ? " of simulated time" : "");
        return view.Outcome switch
        {
            CampaignOutcome.Succeeded when tally.Updated < tally.Devices =>
                $"  [green]✓[/] [bold]{Format.Count(tally.Updated, "device")} updated, as many as asked for[/], {time}.",
            CampaignOutcome.Succeeded =>
                $"  [green]✓[/] [bold]{(tally.Devices == 1 ? "The device is" : $"All {tally.Devices} devices are")} updated[/], {time}.",
            CampaignOutcome.Failed when tally.Devices == 0 => $"  [red]✗[/] [bold]No device was found[/], {time}.",
            CampaignOutcome.Failed when tally.Updated == tally.Devices =>
                $"  [red]✗[/] [bold]{(tally.Devices == 1 ? "The one device" : $"All {tally.Devices} devices")} that could be found "
                + $"{(tally.Devices == 1 ? "is" : "are")} updated, but more were asked for[/], {time}.",
            CampaignOutcome.Failed => $"  [red]✗[/] [bold]{tally.Updated} of {all} updated, {tally.Failed + tally.Cancelled} not[/], {time}.",
            _ when tally.Devices == 0 => "  [yellow]■[/] [bold]Interrupted before any device was known[/]; nothing was begun.",
            _ => $"  [yellow]■[/] [bold]Interrupted: {tally.Updated} of {all} updated, {tally.Active + tally.Waiting} unfinished[/], {time}. "
                + "Everything confirmed is kept; the same command goes on from here.",
        };
    }

    private static IEnumerable<(string Label, string Text)> Rows(CampaignView view, Tally tally, ProgressTitle title)
    {
        var package = view.PackageId[..Math.Min(12, view.PackageId.Length)];
        var named = title.Firmware.EndsWith(package, StringComparison.Ordinal); // whoever follows a campaign has no package, and knows it by this
        yield return ("Firmware", Markup.Escape(title.Firmware) + (named ? "" : $" [grey]({package})[/]"));

        long sent = view.Devices.Sum(device => device.BytesSent), again = view.Devices.Sum(device => device.BytesResent);
        if (sent > 0)
        {
            yield return (
                "Sent",
                again == 0
                    ? $"{Format.Bytes(sent)}, nothing twice"
                    : $"{Format.Bytes(sent)}, of it {Format.Bytes(again)} a second time ({Format.Percent(again, sent)})");

            // Over all runs, as the bytes are: a run that found everything done has opened no adapter.
            var adapters = view.Devices.Select(device => device.Adapter).OfType<string>().Distinct().Count();
            if (view.Seconds > 0)
                yield return ("Speed", Format.Rate((sent - again) / view.Seconds) + (adapters > 0 ? $" over {Format.Count(adapters, "adapter")}" : ""));
        }

        if (tally.AlreadyCurrent > 0)
        {
            yield return (
                "Unchanged",
                $"{Format.Count(tally.AlreadyCurrent, "device")} already current and left alone; "
                + $"--force flashes {(tally.AlreadyCurrent == 1 ? "it" : "them")} anyway");
        }

        foreach (var there in view.Devices.Where(device => device.Passed.Length > 0).GroupBy(device => device.Passed))
        {
            var who = view.Devices.Length == 1 ? "" : $"{Format.Count(there.Count(), "device")}: ";
            yield return ("Passed over", Markup.Escape($"{who}{there.Key}."));
        }

        var times = view.Devices.Sum(device => device.ResumeTotals.Times);
        if (times > 0)
        {
            var kept = view.Devices.Sum(device => device.ResumeTotals.Kept);
            var text = $"{Format.Count(times, "transfer")} broke off and went on: {Format.Bytes(kept)} kept, {Format.Bytes(again)} sent again.";
            if (kept > 0) text += $" Starting over each time would have sent {Format.Bytes(kept + again)} again, {Factor(kept + again, again)}.";
            yield return ("Resume", text);
        }

        foreach (var worn in view.Devices.Where(device => device.LifetimeWear.Notice is not null).Take(DevicesNamed))
            yield return ("Wear", $"[yellow]{worn.Application}[/]: {Markup.Escape(worn.LifetimeWear.Notice!)}");

        if (view.GoesOn) yield return ("Run", "this run went on from an earlier one; figures are over all runs");
        foreach (var notice in view.Notices) yield return ("Note", Markup.Escape(notice));
    }

    private static string Factor(long without, long with) =>
        with == 0
            ? "and this run sent nothing twice"
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(double)without / with:0.0} times as much");

    /// <summary>Failures by cause, the most frequent first, each with its remedy.</summary>
    public static IEnumerable<(string Label, string Text)> Failures(CampaignView view)
    {
        var groups = view.Devices.Where(device => device.Outcome is DeviceOutcome.Failed or DeviceOutcome.Cancelled)
            .GroupBy(device => device.Error).OrderByDescending(group => group.Count());
        foreach (var group in groups)
        {
            var (sentence, remedy) = ErrorCatalog.Describe(group.Key);
            var devices = group.OrderBy(device => device.Application).ToList();
            var named = string.Join(", ", devices.Take(DevicesNamed).Select(device => device.Application))
                + (devices.Count > DevicesNamed ? $" and {devices.Count - DevicesNamed} more" : "");
            var detail = devices[0].Detail.Length > 0 && devices[0].Detail != sentence ? $"\n[grey]{Markup.Escape(devices[0].Detail)}[/]" : "";
            var (colour, what) = devices[0].Outcome == DeviceOutcome.Cancelled ? ("yellow", "cancelled") : ("red", "failed");
            yield return (
                $"[{colour}]{devices.Count} {what}[/]",
                $"[{colour}]{group.Key.Code()}[/]: {Markup.Escape(sentence)} [bold]{Markup.Escape(remedy)}[/]\n[grey]{named}[/]{detail}");
        }
    }
}
