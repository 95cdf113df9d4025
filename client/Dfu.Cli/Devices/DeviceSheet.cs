using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;
using Spectre.Console;

namespace Dfu.Cli.Devices;

/// <summary>One device for people.</summary>
internal static class DeviceSheet
{
    public static void Write(IAnsiConsole console, FoundDevice found, DateTimeOffset now)
    {
        console.WriteLine();
        Sheet.Line(console, $"  {Headline(found)}");
        console.WriteLine();
        Sheet.Write(console, [.. Rows(found, now).Select(static row => ($"[grey]{row.Label}[/]", row.Text))]);
        if (found.View is { } view)
        {
            // Measured by the capabilities of the console: what goes to a file has no colours and is 80 wide.
            var colours = console.Profile.Capabilities.Ansi && console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
            var width = console.Profile.Capabilities.Ansi ? Math.Min(console.Profile.Width, 120) : 80;
            var bar = TimeBar.Lines(view.Time, width, colours).ToList();
            if (bar.Count > 0)
            {
                console.WriteLine();
                Sheet.Line(console, $"  [bold]Where the time went[/] [grey]{Format.Duration(view.Time.Total)} since it joined the campaign[/]");
                foreach (var line in bar) Sheet.Line(console, line);
                if (found.Advised is { } advice) Sheet.Line(console, $"  [bold]{Text(advice)}[/]");
            }
        }

        console.WriteLine();
    }

    internal static string Headline(FoundDevice found)
    {
        var name = Name(found);
        if (found.View is not { } view) return $"[grey]○[/] [bold]{name}[/]: in no campaign that is kept";
        var state = UnitStates.Of(view.Outcome, view.Phase);
        var share = state == UnitState.AtWork && view.BytesTotal > 0
            ? $", {Format.Percent(Math.Floor(100.0 * view.BytesConfirmed / view.BytesTotal), 100)} there"
            : "";
        return $"{UnitStates.Sign(state)} [bold]{name}[/]: {UnitStates.Words(view.Outcome, view.Phase)}{share}";
    }

    internal static IEnumerable<(string Label, string Text)> Rows(FoundDevice found, DateTimeOffset now)
    {
        var (device, view) = (found.Device, found.View);
        yield return ("Addresses", view is null
            ? $"{device.Name}"
            : $"{view.Application} application{(view.Bootloader is { } bootloader ? $", {bootloader} bootloader" : "")}");
        if ((view?.Label ?? device.Passport?.Label) is { } label && Called(label) is { Length: > 0 } called) yield return ("Called", called);
        if (found.Campaign is { } campaign)
        {
            var named = campaign.Name.Length > 0 ? $" ({Text(campaign.Name)})" : "";
            yield return ("Campaign", $"{Text(campaign.Campaign)}{named}, package {campaign.PackageId[..Math.Min(12, campaign.PackageId.Length)]}");
        }

        if (view?.StartedAt is { } started)
        {
            var until = view.EndedAt is { } ended ? $" to {CampaignWords.Moment(ended, now)}" : "";
            yield return ("When", $"{CampaignWords.Moment(started, now)}{until}, {Format.Duration(view.Seconds)}, {Format.Count(view.Attempts, "attempt")}");
        }

        if (view?.Adapter is { } adapter)
        {
            var signal = view.Rssi is { } rssi ? string.Create(CultureInfo.InvariantCulture, $", {rssi} dBm") : "";
            yield return ("Adapter", Text(adapter) + signal);
        }

        if (view is { BytesSent: > 0 })
            yield return ("Sent", $"{Format.Bytes(view.BytesSent)}{(view.BytesResent > 0 ? $", of it {Format.Bytes(view.BytesResent)} a second time" : "")}");
        if (view is { Resumes: [_, ..] })
            yield return ("Drops", string.Join('\n', view.Resumes.GroupBy(static resume => resume.Diagnosis).Select(static found =>
                $"{(found.Count() > 1 ? $"{found.Count()} times: " : "")}{Text(DiagnosisCatalog.Describe(found.Key).Sentence)} "
                + $"[grey]{string.Join(", ", found.Select(static resume => $"{Format.Bytes(resume.Held)} of {Format.Bytes(resume.Stored)}"))}[/]")));
        if (Bootloader(found) is { Length: > 0 } kind) yield return ("Bootloader", kind);
        if (Runs(device.Passport, now) is { Length: > 0 } runs) yield return ("Runs", runs);
        if (view is not null && Finish(view.Finish) is { Length: > 0 } finish) yield return ("Checked", finish);
        yield return ("Flash", Wear(device.Passport?.Wear is { } known && known != default ? known : view?.LifetimeWear ?? default));
        if (view is null || view.Error == DfuError.None) yield break;
        yield return ("[red]Failure[/]", $"[red]{view.Error.Code()}[/]: {Text(ReportWords.Sentence(view.Error))}");
        if (view.Detail.Length > 0) yield return ("Evidence", Text(view.Detail));
        yield return ("To do", $"[bold]{Text(ReportWords.Remedy(view.Error))}[/]");
    }

    /// <summary>What updates have cost its flash, and a warning where that is near its end.</summary>
    internal static string Wear(DeviceWear wear)
    {
        if (wear == default) return "no erase is counted yet";
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"settings page erased {wear.Settings:#,0} {(wear.Settings == 1 ? "time" : "times")} of the {DeviceWear.Endurance:#,0} that flash is made for; ")
            + string.Create(CultureInfo.InvariantCulture, $"{wear.Pages:#,0} page erases for firmware, {Format.Count(wear.Updates, "update")}");
        return wear.Settings >= DeviceWear.Endurance
            ? $"[red]{text}[/]\n[bold]It may keep no progress, or not start: replace the device, or its chip.[/]"
            : wear.Settings >= DeviceWear.Warning
            ? $"[yellow]{text}[/]\n[bold]Near its end: flash another device for tests, or a bootloader that does not save its progress.[/]"
            : text;
    }

    private static string Name(FoundDevice found) => (found.View?.Label ?? found.Device.Passport?.Label) is { Serial.Length: > 0 } label
        ? Text(label.Serial)
        : $"{found.View?.Application ?? found.Device.Name}";

    private static string Called(Fleet.Plans.TargetLabel label) => string.Join(
        ", ",
        new[] { label.Serial, label.Label, label.Order.Length > 0 ? $"order {label.Order}" : "" }.Where(static text => text.Length > 0).Select(Text));

    private static string Bootloader(FoundDevice found)
    {
        if (found.Traits is not { Traits: var traits } known) return found.Device.State?.Class is { } key ? Text(key) : "";
        var keeps = traits.Keeps switch
        {
            Keeps.Nothing => ClassKey.TakesForcedSaves(traits) ? "keeps over a drop what it was made to save" : "keeps nothing over a drop",
            Keeps.Objects => "keeps every executed object over a drop",
            Keeps.Ram => "keeps all it received until it is reset",
            _ => "what it keeps over a drop is not known yet",
        };
        return string.Create(
            CultureInfo.InvariantCulture, $"for hardware {known.HwVersion}, init packets up to {traits.InitMax} bytes, MTU {traits.Mtu}; {keeps}");
    }

    private static string Runs(DevicePassport? passport, DateTimeOffset now)
    {
        if (passport is null) return "";
        var images = passport.Images.Select(image =>
            string.Create(CultureInfo.InvariantCulture, $"{ImageTitle.Of(image.Type)} {image.Version}, since {CampaignWords.Moment(image.At, now)} ")
            + $"(package {image.PackageId[..Math.Min(12, image.PackageId.Length)]})");
        string[] says =
        [
            passport.Revision is { Length: > 0 } revision ? $"says it is {Text(revision)}" : "",
            passport.HardwareRevision is { Length: > 0 } hardware ? $"on hardware {Text(hardware)}" : "",
        ];
        var said = string.Join(' ', says.Where(static text => text.Length > 0));
        return string.Join('\n', said.Length > 0 ? images.Append(said) : images);
    }

    private static string Finish(FinishReport finish) => finish.Check switch
    {
        FinishCheck.Skipped => "not looked at afterwards, as asked",
        FinishCheck.Accepted => "its bootloader accepted the image; its application was not heard",
        FinishCheck.Heard => "its application was heard afterwards",
        FinishCheck.Read => $"its application said {Text(finish.Revision)}; there was nothing to compare that with",
        FinishCheck.Compared => $"its application said {Text(finish.Revision)}, as expected",
        _ => "",
    };

    private static string Text(string text) => Markup.Escape(Columns.OneLine(text));
}
