using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Tests.Reports;

/// <summary>Made-up campaigns as a line has them.</summary>
internal static class ReportedCampaigns
{
    /// <summary>What somebody may call a device who means no good.</summary>
    public const string Hostile = "<script>alert(1)</script>\"' onload=x \u202Egpj.exe\u0007&amp; 名前 😀";

    private static readonly DfuError[] Errors = [DfuError.HwVersionRefused, DfuError.NotHeard, DfuError.NotHeard, DfuError.SignatureRefused];

    public static CampaignReport Of(int units, bool hostile = false, bool running = false)
    {
        var random = new Random(7);
        var devices = new List<DeviceView>();
        for (var n = 0; n < units; n++) devices.Add(Unit(n, units, random, hostile, running));
        var failed = devices.Count(device => device.Outcome == DeviceOutcome.Failed);
        var view = Views.Campaign(running ? CampaignOutcome.Running : failed > 0 ? CampaignOutcome.Failed : CampaignOutcome.Succeeded, devices) with
        {
            Seconds = units * 6.2,
            Notices = hostile ? [Hostile] : units > 100 ? ["This class of bootloaders saves no progress by itself; it is made to save every 16 objects."] : [],
        };
        view = view with
        {
            Standing = new()
            {
                Id = view.Id,
                PackageId = view.PackageId,
                Name = hostile ? Hostile : units > 100 ? "Line 3, lot 2026-48" : "",
                Groups = units > 100 ? [new("canary", 10, 10, 0, 0, true), new("", units - 10, units - 10 - failed, failed, 0, true)] : [],
            },
        };
        var image = new ImageFacts("application", 20_401, 204_800, new('a', 64), new('b', 64));
        return new()
        {
            View = view,
            Package = new(view.PackageId, "application 20401", 204_800, [image], units > 100 ? "verified" : "notChecked", units > 100 ? new('c', 64) : null),
            MadeAt = Views.Morning.AddHours(2),
            Host = "station-1",
        };
    }

    private static DeviceView Unit(int n, int units, Random random, bool hostile, bool running)
    {
        var seconds = 35 + (random.NextDouble() * 25);
        var (started, drops) = (Views.Morning.AddSeconds(n * 6), random.Next(8) == 0 ? random.Next(1, 3) : 0);
        var device = Views.Updated(n) with
        {
            Label = units > 5 || hostile ? new TargetLabel(Views.Address(n))
            {
                Serial = hostile ? Hostile : $"SN {1000 + n}", Label = hostile ? Hostile : $"fixture {(n % 24) + 1}", Order = hostile ? Hostile : "PO-2026-117",
            }
            : null,
            Adapter = n % 4 == 0 ? "station-2/bluez:usb-1-1.1" : $"station-1/bluez:usb-1-1.{(n % 3) + 1}",
            StartedAt = started,
            EndedAt = started.AddSeconds(seconds),
            Seconds = seconds,
            Finish = hostile ? new(FinishCheck.Read, Hostile) : n % 5 == 0 ? new(FinishCheck.Heard) : new(FinishCheck.Compared, "2.4.1"),
            Wear = new(50 + (drops * 4), drops * 3, 1),
            Time = new()
            {
                Waiting = 8 * random.NextDouble(), Connecting = 1.4, Jumping = 2.6, Resuming = 1.1, Creating = 2.5, Guard = 5.2,
                Air = seconds * 0.4, Checking = 1.5, Executing = 4.4, Saving = drops * 0.6, Finishing = 5,
            },
        };
        for (var drop = 0; drop < drops; drop++) device = device.Resumed(73_728, 65_536, drop == 0 ? Diagnosis.BackAtSave : Diagnosis.AcknowledgementLost);
        if (n % 40 == 3)
        {
            var error = Errors[n / 40 % Errors.Length];
            device = device with { Outcome = DeviceOutcome.Failed, Error = error, Detail = hostile ? Hostile : "60 04 0b 05", Finish = new(FinishCheck.None) };
        }
        else if (n % 60 == 11)
        {
            device = device with { Outcome = DeviceOutcome.AlreadyCurrent, BytesSent = 0, Detail = "its application says 2.4.1", Time = new() };
        }
        else if (running && n > units / 2)
        {
            var phase = n % 9 == 0 ? DevicePhase.BackingOff : n < (units / 2) + 12 ? DevicePhase.Sending : DevicePhase.Queued;
            device = device with { Outcome = DeviceOutcome.Pending, Phase = phase, StartedAt = phase == DevicePhase.Queued ? null : started, EndedAt = null };
        }

        return device;
    }
}
