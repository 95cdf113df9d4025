using System.Diagnostics;
using System.Diagnostics.Metrics;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Telemetry;
using Dfu.Simulation.Engine;
using Dfu.Simulation.Storage;

namespace Dfu.Fleet.Tests.Telemetry;

/// <summary>The real engine and the real transfer over virtual devices, with somebody listening.</summary>
[Collection("listens to spans")]
public sealed class EngineTelemetryTests
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

        // Every reason is one of ours or a diagnosis that the report names.
        var found = view.Devices.SelectMany(device => device.Resumes).Select(resume => resume.Diagnosis.Code()).ToHashSet();
        Assert.Contains(ResendReasons.UnfinishedObject, heard.Reasons);
        Assert.All(heard.Reasons.Except([ResendReasons.UnfinishedObject, ResendReasons.ObjectRepeated]), reason => Assert.Contains(reason, found));
        if (!savesProgress) Assert.Contains("backAtSave", heard.Reasons);
    }

    [Fact]
    public void Without_drops_nothing_is_sent_again_and_all_is_confirmed_once()
    {
        using var heard = new Heard("clean");
        var view = Update("clean", savesProgress: true, dropRate: 0);

        // What a class of bootloaders keeps is probed once, on purpose.
        Assert.All(heard.Reasons, reason => Assert.Equal("probe", reason));
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

    [Fact]
    public void Gauges_are_asked_only_when_somebody_collects_and_forget_who_is_gone()
    {
        var asked = 0;
        var heard = new List<(string Name, int Value, string? Status)>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) =>
            { if (instrument.IsObservable && instrument.Meter.Name == FleetMetrics.Name) self.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<int>(
            (instrument, value, tags, _) => heard.Add((instrument.Name, value, tags.Length == 0 ? null : (string?)tags[0].Value)));
        var gauges = FleetGauges.Add(() =>
        {
            asked++;
            return new FleetReading(1_000_000, [new(AdapterStatus.Quarantined, 2_000_000, 3_000_000), new(AdapterStatus.Quarantined, 1, 1)]);
        });
        listener.Start();
        Assert.Equal(0, asked);
        listener.RecordObservableInstruments();
        Assert.Equal(4, asked);
        Assert.InRange(heard.Single(one => one.Name == "dfu.queue.length").Value, 1_000_000, 1_100_000); // engines of other tests may add theirs
        Assert.InRange(heard.Single(one => one is { Name: "dfu.adapter.slots.used", Status: "quarantined" }).Value, 2_000_001, 2_100_000);
        Assert.InRange(heard.Single(one => one is { Name: "dfu.adapter.slots.limit", Status: "quarantined" }).Value, 3_000_001, 3_100_000);
        Assert.Equal(Enum.GetValues<AdapterStatus>().Length, heard.Count(one => one.Name == "dfu.adapter.count"));

        gauges.Dispose();
        listener.RecordObservableInstruments();
        Assert.Equal(4, asked);
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
            var store = new FleetStore();
            await using var engine = new FleetEngine(store, adapters, new FleetPolicy(), time, UpdateRun.RunAsync);
            await engine.StartAsync(new CampaignRequest { Package = package, Targets = new() { All = true, Count = Devices } }, CancellationToken.None);
            await engine.WaitAsync(CancellationToken.None);
            await engine.StopAsync();
            return engine.Snapshot();
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

    /// <summary>What is counted over adapters of one name; other tests run at the same time.</summary>
    private sealed class Heard : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, long> _sums = [];

        public Heard(string adapter)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name is FleetMetrics.Name or ProtocolMetrics.Name) listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                var named = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value as string);
                if (named.GetValueOrDefault("dfu.adapter.id")?.StartsWith(adapter, StringComparison.Ordinal) != true) return;
                _sums[instrument.Name] = _sums.GetValueOrDefault(instrument.Name) + value;
                if (named.GetValueOrDefault("dfu.resend.reason") is { } reason) Reasons.Add(reason);
            });
            _listener.Start();
        }

        public HashSet<string> Reasons { get; } = [];

        public long Sum(string instrument) => _sums.GetValueOrDefault(instrument);

        public void Dispose() => _listener.Dispose();
    }
}
