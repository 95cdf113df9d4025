using System.Globalization;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dfu.Cli.Progress;

/// <summary>One frame of the live view: what a campaign does right now, never taller or wider than the terminal.</summary>
internal sealed class ProgressScreen(CampaignView view, ProgressTitle title, double rate, double? left, int height) : Renderable
{
    private const int FailuresShown = 3;
    private const int NoticesShown = 2;
    private const int BarOfDevice = 16;

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var first = true;
        foreach (var line in Lines(maxWidth).Take(Math.Max(4, height - 1)))
        {
            if (!first) yield return Segment.LineBreak;
            first = false;
            foreach (var segment in Crop(((IRenderable)new Markup(line)).Render(options, 4096), maxWidth)) yield return segment;
        }
    }

    internal IEnumerable<string> Lines(int width)
    {
        var tally = Tally.Of(view);
        var head = Head(tally, width).ToList();
        var adapters = Adapters(width).ToList();
        var failures = Failures().ToList();
        var notices = view.Notices.TakeLast(NoticesShown).SelectMany(notice => Wrapped(notice, width - 4)).ToList();

        // They come again in the summary; in a low window the devices at work are worth more.
        if (notices.Count > (height - 3 - head.Count - adapters.Count - failures.Count) / 2) notices.Clear();
        var room = Math.Max(3, height - 3 - head.Count - adapters.Count - failures.Count - notices.Count);
        return head.Concat(adapters).Append("").Concat(Devices(room)).Concat(failures).Concat(notices);
    }

    private IEnumerable<string> Head(Tally tally, int width)
    {
        var (doing, note) = (
            view.Collecting && !tally.Begun ? "Listening for devices" : view.GoesOn ? "Going on" : "Updating",
            title.Note.Length > 0 ? " · " + Markup.Escape(title.Note) : "");
        yield return $"  [bold]{doing}[/]  [grey]{Markup.Escape(title.Firmware)}{note}[/]";
        if (view.NoAnswerFor is { } silence) yield return $"  [yellow]![/] {Format.NoAnswer(silence)}";
        foreach (var hold in view.Standing?.Holds ?? [])
        {
            foreach (var line in Wrapped(CampaignWords.Waits(hold, view.Standing!.Id), width - 4)) yield return line;
        }

        var share = tally.BytesTotal > 0
            ? (double)tally.BytesDone / tally.BytesTotal
            : tally.Devices > 0 ? (double)(tally.Updated + tally.Failed) / tally.Devices : 0;
        var percent = string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(share * 100),3:0} %");
        yield return $"  {Bar(share, Math.Max(10, width - 10), tally.Failed > 0 ? "yellow" : "green")} {percent}";

        // Side by side where they fit, one below the other where they don't.
        var counts = $"  [bold]{tally.Updated}[/] of {tally.Devices} updated";
        if (tally.AlreadyCurrent > 0) counts += $" ({tally.AlreadyCurrent} already current)";
        if (tally.Failed > 0) counts += $" · [red]{tally.Failed} failed[/]";
        if (tally.Cancelled > 0) counts += $" · {tally.Cancelled} cancelled";
        counts += $" · {tally.Active} active · {tally.Waiting} waiting";
        var bytes = $"[grey]{Format.Bytes(tally.BytesDone)} of {Format.Bytes(tally.BytesTotal)}";
        if (rate > 0) bytes += $" · {Format.Rate(rate)}";
        if (left is { } seconds && tally.Active > 0) bytes += $" · {Format.Clock(seconds)} left";
        bytes += "[/]";
        if (Markup.Remove(counts + bytes).Length + 3 <= width)
        {
            yield return $"{counts}   {bytes}";
            yield break;
        }

        yield return counts;
        yield return $"  {bytes}";
    }

    private IEnumerable<string> Adapters(int width)
    {
        // As many per line as fit; the width is measured without the markup.
        var line = " ";
        var used = 1;
        foreach (var adapter in view.Adapters)
        {
            var ready = adapter is { Status: AdapterStatus.Ready, HeldBy: null };
            var state = ready ? $"{adapter.Active}/{adapter.Limit}" + (adapter.Rate > 0 ? $" {Format.Rate(adapter.Rate)}" : "") : State(adapter);
            if (state.Length > width / 2) state = state[..(width / 2)] + "…";
            var cells = 6 + adapter.Id.Length + state.Length;
            if (used + cells > width && used > 1)
            {
                yield return line;
                (line, used) = (" ", 1);
            }

            var colour = ready ? "green" : adapter.Status == AdapterStatus.Quarantined ? "red" : "yellow";
            line += $"{(used > 1 ? "  " : " ")}[{colour}]●[/] {Markup.Escape(adapter.Id)} [grey]{Markup.Escape(state)}[/]";
            used += cells;
        }

        if (used > 1) yield return line;
    }

    private static string State(AdapterView adapter)
    {
        if (adapter is { Status: AdapterStatus.Ready, HeldBy: { } by }) return $"{adapter.Active} left, drained by {by}";
        var word = adapter.Status.ToString().ToLowerInvariant();
        return adapter.Detail.Length > 0 ? $"{word}: {adapter.Detail}" : word;
    }

    private IEnumerable<string> Devices(int room)
    {
        var active = view.Devices.Where(Tally.IsActive).OrderBy(device => device.Application).ToList();
        var shown = active.Count <= room ? active.Count : room - 1;
        for (var i = 0; i < shown; i++) yield return Device(active[i]);
        if (shown < active.Count) yield return $"  [grey]and {active.Count - shown} more at work[/]";
    }

    private static string Device(DeviceView device)
    {
        var share = device.BytesTotal > 0 ? (double)device.BytesConfirmed / device.BytesTotal : 0;
        var phase = Format.Word(device.Phase).PadRight(13);
        var bytes = Format.Bytes(device.BytesConfirmed).PadLeft(10);
        var speed = (device.Rate >= 1 && device.Phase is DevicePhase.Sending or DevicePhase.Saving ? Format.Rate(device.Rate) : "").PadLeft(12);
        var adapter = Markup.Escape(device.Adapter ?? "");
        return $"  {device.Application}  [{Colour(device.Phase)}]{phase}[/] {Bar(share, BarOfDevice, "blue")} {bytes} {speed}  [grey]{adapter}[/]";
    }

    private IEnumerable<string> Failures()
    {
        var failed = view.Devices.Where(device => device.Outcome == DeviceOutcome.Failed).ToList();
        foreach (var device in failed.Take(FailuresShown))
        {
            yield return $"  [red]✗[/] {device.Application}  [red]{device.Error.Code()}[/]  {Markup.Escape(ErrorCatalog.Describe(device.Error).Sentence)}";
        }

        if (failed.Count > FailuresShown) yield return $"  [red]✗[/] [grey]and {failed.Count - FailuresShown} more failed[/]";
    }

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        var mark = "[yellow]![/]";
        while (text.Length > width && text.LastIndexOf(' ', width) is > 0 and var at)
        {
            yield return $"  {mark} {Markup.Escape(text[..at])}";
            (text, mark) = (text[(at + 1)..], " ");
        }

        yield return $"  {mark} {Markup.Escape(text)}";
    }

    private static string Colour(DevicePhase phase) => phase switch
    {
        DevicePhase.Sending => "blue",
        DevicePhase.Saving => "cyan",
        DevicePhase.Activating or DevicePhase.Verifying => "green",
        _ => "grey",
    };

    private static string Bar(double share, int width, string colour)
    {
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * width);
        return $"[{colour}]{new string('━', full)}[/][grey27]{new string('─', width - full)}[/]";
    }

    internal static IEnumerable<Segment> Crop(IEnumerable<Segment> line, int width)
    {
        var segments = line.TakeWhile(segment => !segment.IsLineBreak).ToList();
        if (segments.Sum(segment => segment.CellCount()) <= width) return segments;
        var (kept, room) = (new List<Segment>(), width - 1);
        foreach (var segment in segments)
        {
            // What we draw is one cell wide per character; a wider one in a name only ends the line sooner.
            var text = segment.CellCount() <= room
                ? segment.Text
                : segment.Text[..Math.Min(segment.Text.Length, room / (segment.CellCount() > segment.Text.Length ? 2 : 1))];
            kept.Add(new Segment(text, segment.Style));
            room -= Segment.CellCount([kept[^1]]);
            if (text.Length < segment.Text.Length || room <= 0) break;
        }

        return kept.Append(new Segment("…"));
    }
}
