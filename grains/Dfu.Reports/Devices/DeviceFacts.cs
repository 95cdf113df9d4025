using System.Globalization;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Reports;

/// <summary>What is known of one device, in words.</summary>
public static class DeviceFacts
{
    private const int PackageDigits = 12;

    /// <summary>Its serial number, else its address.</summary>
    public static string Name(FoundDevice found) => (found.View?.Label ?? found.Device.Passport?.Label) is { Serial.Length: > 0 } label
        ? label.Serial
        : $"{found.View?.Application ?? found.Device.Name}";

    /// <summary>How it stands: <c>sending, 40 % there</c>.</summary>
    public static string Stands(FoundDevice found)
    {
        if (found.View is not { } view) return "in no campaign that is kept";
        var share = UnitStates.Of(view.Outcome, view.Phase) == UnitState.AtWork && view.BytesTotal > 0
            ? $", {Format.Percent(Math.Floor(100.0 * view.BytesConfirmed / view.BytesTotal), 100)} there"
            : "";
        return UnitStates.Words(view.Outcome, view.Phase) + share;
    }

    public static IEnumerable<Fact> Of(FoundDevice found, DateTimeOffset now) =>
        [.. Known(found, now), .. found.View is { } view ? Failure(view) : []];

    /// <summary>The same without what became of it.</summary>
    public static IEnumerable<Fact> Known(FoundDevice found, DateTimeOffset now) => [.. Called(found), .. Work(found, now), .. Itself(found, now)];

    /// <summary>What became of it, with evidence and remedy; nothing unless it failed or was cancelled for a cause.</summary>
    public static IEnumerable<Fact> Failure(DeviceView view)
    {
        if (view.Error == DfuError.None) yield break;
        yield return new Fact("Failure", new FactLine(ReportWords.Sentence(view.Error)) { Code = view.Error.Code() }) { Tone = FactTone.Bad };
        if (view.Detail.Length > 0) yield return new("Evidence", new FactLine(view.Detail));
        yield return new("To do", new FactLine(ReportWords.Remedy(view.Error), FactTone.Strong));
    }

    /// <summary>What updates have cost its flash, and a warning where that is near its end.</summary>
    public static Fact Wear(DeviceWear wear)
    {
        if (wear == default) return new("Flash", new FactLine("no erase is counted yet"));
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"settings page erased {wear.Settings:#,0} {(wear.Settings == 1 ? "time" : "times")} of the {DeviceWear.Endurance:#,0} that flash is made for; ")
            + string.Create(CultureInfo.InvariantCulture, $"{wear.Pages:#,0} page erases for firmware, {Format.Count(wear.Updates, "update")}");
        return wear.Settings >= DeviceWear.Endurance
            ? new("Flash", new(text, FactTone.Bad), new("It may keep no progress, or not start: replace the device, or its chip.", FactTone.Strong))
            : wear.Settings >= DeviceWear.Warning
            ? new(
                "Flash",
                new(text, FactTone.Warning),
                new("Near its end: flash another device for tests, or a bootloader that does not save its progress.", FactTone.Strong))
            : new("Flash", new FactLine(text));
    }

    private static IEnumerable<Fact> Called(FoundDevice found)
    {
        var (device, view) = (found.Device, found.View);
        yield return new("Addresses", new FactLine(view is null
            ? $"{device.Name}"
            : $"{view.Application} application{(view.Bootloader is { } bootloader ? $", {bootloader} bootloader" : "")}"));
        if ((view?.Label ?? device.Passport?.Label) is { } label && Called(label) is { Length: > 0 } called) yield return new("Called", new FactLine(called));
        if (found.Campaign is not { } campaign) yield break;
        var named = campaign.Name.Length > 0 ? $" ({campaign.Name})" : "";
        yield return new("Campaign", new FactLine($"{campaign.Campaign}{named}, package {Short(campaign.PackageId)}"));
    }

    private static IEnumerable<Fact> Work(FoundDevice found, DateTimeOffset now)
    {
        if (found.View is not { } view) yield break;
        if (view.StartedAt is { } started)
        {
            var until = view.EndedAt is { } ended ? $" to {CampaignWords.Moment(ended, now)}" : "";
            yield return new(
                "When",
                new FactLine($"{CampaignWords.Moment(started, now)}{until}, {Format.Duration(view.Seconds)}, {Format.Count(view.Attempts, "attempt")}"));
        }

        if (view.Adapter is { } adapter)
        {
            var signal = view.Rssi is { } rssi ? string.Create(CultureInfo.InvariantCulture, $", {rssi} dBm") : "";
            yield return new("Adapter", new FactLine(adapter + signal));
        }

        if (view.BytesSent > 0)
        {
            var again = view.BytesResent > 0 ? $", of it {Format.Bytes(view.BytesResent)} a second time" : "";
            yield return new("Sent", new FactLine(Format.Bytes(view.BytesSent) + again));
        }

        if (!view.Resumes.IsEmpty) yield return new("Drops", [.. Drops(view)]);
    }

    private static IEnumerable<FactLine> Drops(DeviceView view) => view.Resumes.GroupBy(static resume => resume.Diagnosis).Select(static found =>
        new FactLine($"{(found.Count() > 1 ? $"{found.Count()} times: " : "")}{DiagnosisCatalog.Describe(found.Key).Sentence}")
        {
            Aside = string.Join(", ", found.Select(static resume => $"{Format.Bytes(resume.Held)} of {Format.Bytes(resume.Stored)}")),
        });

    private static IEnumerable<Fact> Itself(FoundDevice found, DateTimeOffset now)
    {
        var (device, view) = (found.Device, found.View);
        if (Bootloader(found) is { Length: > 0 } kind) yield return new("Bootloader", new FactLine(kind));
        if (Runs(device.Passport, now) is [_, ..] runs) yield return new("Runs", runs);
        if (view is not null && Finish(view.Finish) is { Length: > 0 } finish) yield return new("Checked", new FactLine(finish));
        yield return Wear(device.Passport?.Wear is { } known && known != default ? known : view?.LifetimeWear ?? default);
    }

    private static string Called(TargetLabel label) => string.Join(
        ", ",
        new[] { label.Serial, label.Label, label.Order.Length > 0 ? $"order {label.Order}" : "" }.Where(static text => text.Length > 0));

    private static string Bootloader(FoundDevice found)
    {
        if (found.Traits is not { Traits: var traits } known) return found.Device.State?.Class ?? "";
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

    private static List<FactLine> Runs(DevicePassport? passport, DateTimeOffset now)
    {
        if (passport is null) return [];
        var lines = passport.Images.Select(image => new FactLine(
            string.Create(CultureInfo.InvariantCulture, $"{ImageTitle.Of(image.Type)} {image.Version}, since {CampaignWords.Moment(image.At, now)} ")
            + $"(package {Short(image.PackageId)})")).ToList();
        string[] says =
        [
            passport.Revision is { Length: > 0 } revision ? $"says it is {revision}" : "",
            passport.HardwareRevision is { Length: > 0 } hardware ? $"on hardware {hardware}" : "",
        ];
        var said = string.Join(' ', says.Where(static text => text.Length > 0));
        if (said.Length > 0) lines.Add(new(said));
        return lines;
    }

    private static string Finish(FinishReport finish) => finish.Check switch
    {
        FinishCheck.Skipped => "not looked at afterwards, as asked",
        FinishCheck.Accepted => "its bootloader accepted the image; its application was not heard",
        FinishCheck.Heard => "its application was heard afterwards",
        FinishCheck.Read => $"its application said {finish.Revision}; there was nothing to compare that with",
        FinishCheck.Compared => $"its application said {finish.Revision}, as expected",
        _ => "",
    };

    private static string Short(string package) => package[..Math.Min(PackageDigits, package.Length)];
}
