using System.Diagnostics;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;

namespace Dfu.Fleet.Tests.Telemetry;

/// <summary>A whole station and the real transfer over virtual devices, with somebody listening.</summary>
[Collection("listens to spans")]
public sealed class StationTelemetryTests
{
    private const int Devices = 12;

    [Theory]
    [InlineData(false, 0.05)]
    [InlineData(true, 0.05)]
    [InlineData(false, 0.15)]
    public void The_reasons_add_up_to_what_the_report_counts_as_sent_again(bool savesProgress, double dropRate)
    {
        using var heard = new Heard("reasons");
        var view = Update("reasons", savesProgress, dropRate);

        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(view.Devices.Sum(device => device.BytesSent), heard.Sum("dfu.transfer.sent"));
        Assert.Equal(view.Devices.Sum(device => device.BytesResent), heard.Sum("dfu.transfer.resent"));
        Assert.InRange(heard.Sum("dfu.transfer.resent"), 1, long.MaxValue);
        Assert.InRange(heard.Sum("dfu.transfer.confirmed"), view.Devices.Sum(device => device.BytesTotal), heard.Sum("dfu.transfer.sent"));

        Assert.Equal(view.Devices.Sum(device => device.Attempts), heard.Sum("dfu.attempt.ended"));
        Assert.Equal(Devices, heard.Sum("dfu.attempt.ended", "error.type", null));
        Assert.Equal(heard.Sum("dfu.attempt.ended") - Devices, heard.Sum("dfu.attempt.ended", "error.type", "linkLost"));

        // Every reason is one of ours or a diagnosis that the report names.
        var found = view.Devices.SelectMany(device => device.Resumes).Select(resume => resume.Diagnosis.Code()).ToHashSet();
        var reasons = heard.Values("dfu.resend.reason");
        Assert.Contains(ResendReasons.UnfinishedObject, reasons);
        Assert.All(reasons.Except([ResendReasons.UnfinishedObject, ResendReasons.ObjectRepeated]), reason => Assert.Contains(reason, found));
        if (!savesProgress) Assert.Contains("backAtSave", reasons);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Time_and_kept_bytes_are_what_the_devices_own_counts_say(bool savesProgress)
    {
        using var heard = new Heard(null, ownThread: true);
        var view = Update("spent", savesProgress, 0.1);

        // A device counts from its slot on and until the end of its attempt is stored, an adapter from when it is told, which is a write later.
        var written = 0.006 * view.Devices.Sum(static device => device.Attempts);
        foreach (var use in Enum.GetValues<TimeUse>().Except([TimeUse.Waiting, TimeUse.BackingOff]))
        {
            var more = view.Devices.Sum(device => device.Time.Of(use)) - heard.Exact("dfu.attempt.time", "dfu.time.use", FleetMetrics.Code(use));
            Assert.InRange(more, -0.001, use is TimeUse.Air or TimeUse.Finishing ? written : 0.001);
        }

        Assert.Equal(view.Devices.Sum(device => device.ResumeTotals.Kept), heard.Sum("dfu.transfer.kept"));
        if (savesProgress) Assert.InRange(heard.Sum("dfu.transfer.kept"), 1, long.MaxValue);
    }

    [Fact]
    public void Without_drops_nothing_is_sent_again_and_all_is_confirmed_once()
    {
        using var heard = new Heard("clean");
        var view = Update("clean", savesProgress: true, dropRate: 0);

        // What a class of bootloaders keeps is probed once, on purpose.
        Assert.All(heard.Values("dfu.resend.reason"), reason => Assert.Equal("probe", reason));
        Assert.Equal(view.Devices.Sum(device => device.BytesTotal), heard.Sum("dfu.transfer.confirmed"));
    }

    [Fact]
    public void Listening_changes_nothing()
    {
        var alone = Update("alone", savesProgress: false, dropRate: 0.05);
        using var listener = Listen(_ => { });
        using var heard = new Heard("alone");
        var heeded = Update("alone", savesProgress: false, dropRate: 0.05);
        Assert.Equal(alone.Seconds, heeded.Seconds);
        Assert.Equal(alone.Devices.Select(Figures), heeded.Devices.Select(Figures));
    }

    [Fact]
    public void An_attempt_goes_under_the_update_that_its_order_names()
    {
        var spans = new List<Activity>();
        var parent = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var time = new VirtualTime();
        using var listener = Listen(span =>
        {
            if (span.TraceId == parent.TraceId) spans.Add(span);
        });
        var activity = FleetActivities.StartAttempt(BluetoothAddress.Parse("C0:98:76:54:32:10"), 3, "radio", $"00-{parent.TraceId}-{parent.SpanId}-01", time)!;
        var trace = new AttemptTrace(activity, time);
        trace.Enter(UpdatePhase.Connecting);
        trace.Enter(UpdatePhase.Sending);
        trace.Enter(UpdatePhase.Saving);
        trace.Saved(4096);
        trace.Enter(UpdatePhase.Sending);
        for (var i = 1; i <= 40; i++) trace.Confirmed(4096 * i);
        trace.End(DfuError.LinkLost, "the link dropped");

        Assert.Equal(["connect", "transfer", "attempt"], spans.Select(span => span.OperationName));
        Assert.Equal([activity.SpanId, activity.SpanId, parent.SpanId], spans.Select(span => span.ParentSpanId));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error, ActivityStatusCode.Error], spans.Select(span => span.Status));
        Assert.Equal(["saved", "confirmed", "confirmed"], spans[1].Events.Select(happened => happened.Name));
        Assert.Equal("linkLost", activity.GetTagItem("error.type"));
        Assert.Equal("C0:98:76:54:32:10", activity.GetTagItem("dfu.device.address"));
        Assert.Equal(time.GetUtcNow().UtcDateTime, activity.StartTimeUtc);
    }

    private static CampaignView Update(string adapter, bool savesProgress, double dropRate)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect with { DropRate = dropRate }, 7);
            for (var i = 0; i < Devices; i++)
            {
                air.Add(new VirtualDeviceOptions
                {
                    ApplicationAddress = new BluetoothAddress(0xC098_7654_0000 + ((ulong)i * 16)),
                    Profile = BootloaderProfile.Sdk17 with { SaveProgress = savesProgress },
                    RequireSigned = false,
                });
            }

            var image = new byte[120_000];
            new Random(1).NextBytes(image);
            var package = PackageReader.Read(PackageWriter.Create(
                new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 1, HwVersion = 52, SdReq = [0x0100] }, null), null);
            IAdapterSource[] adapters = [air.CreateAdapter(adapter + "1", new AdapterModel()), air.CreateAdapter(adapter + "2", new AdapterModel())];
            await using var station = new SimulatedStation(new(time), adapters, new FleetPolicy(), UpdateRun.RunAsync);
            await station.StartAsync(new CampaignRequest { Package = package, Targets = new() { All = true, Count = Devices } }, CancellationToken.None);
            await station.WaitAsync(CancellationToken.None);
            await station.StopAsync();
            return station.Snapshot();
        });
    }

    private static string Figures(DeviceView device) =>
        $"{device.Application} {device.Attempts} {device.BytesSent} {device.BytesResent} {device.Seconds} "
        + $"{string.Join(' ', device.Resumes.Select(resume => (resume.Diagnosis, resume.Stored, resume.Held)))}";

    private static ActivityListener Listen(Action<Activity> stopped)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == FleetActivities.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
