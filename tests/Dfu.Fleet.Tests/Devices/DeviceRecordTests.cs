using System.Reflection;
using System.Text.Json.Nodes;
using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Tests.Devices;

public sealed class DeviceRecordTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly BluetoothAddress Id = BluetoothAddress.Parse("C0:00:00:00:00:10");

    private static readonly DeviceRecord Record = new()
    {
        Campaign = "c1",
        PackageId = "p1",
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        Device = DeviceState.New(Id, [100_000], T0) with { Attempt = 7, EarlierAttempts = 4, Resumes = [new(1, 2, Diagnosis.InsideObject)] },
        News = Entries(1),
        NewsFrom = 3,
    };

    private static System.Collections.Immutable.ImmutableArray<HistoryEntry> Entries(int count, int from = 0) =>
        [.. Enumerable.Range(from, count).Select(n => new HistoryEntry(T0.AddSeconds(n), "c1", Id, "attempt", $"{n}"))];

    private static string[] Texts(DeviceHistory history) => [.. history.Entries.Select(entry => entry.Text)];

    [Fact]
    public void A_record_survives_being_stored()
    {
        var json = FleetJson.Write(Record);
        var read = FleetJson.Read<DeviceRecord>(json);
        Assert.Equal(json, FleetJson.Write(read));
        Assert.Equal(
            (Record.Campaign, Record.PackageId, Record.TraceParent, Record.NewsFrom), (read.Campaign, read.PackageId, read.TraceParent, read.NewsFrom));
        Assert.Equal((7, 4, Id), (read.Device.Attempt, read.Device.EarlierAttempts, read.Device.Id));
        Assert.Equal(Record.News.ToArray(), read.News.ToArray());
    }

    [Fact]
    public void A_history_survives_being_stored()
    {
        var history = new DeviceHistory { Entries = Entries(2), End = 9 };
        var read = FleetJson.Read<DeviceHistory>(FleetJson.Write(history));
        Assert.Equal(9, read.End);
        Assert.Equal(history.Entries.ToArray(), read.Entries.ToArray());
    }

    [Theory]
    [InlineData("v")]
    [InlineData("device.v")]
    public void A_record_or_a_state_in_it_of_a_newer_program_is_refused(string path)
    {
        var json = JsonNode.Parse(FleetJson.Write(Record))!;
        var parts = path.Split('.');
        (parts.Length == 1 ? json : json[parts[0]]!)[parts[^1]] = 99;
        Assert.Equal(DfuError.DataDirectoryForeign, Assert.Throws<DfuException>(() => FleetJson.Read<DeviceRecord>(json.ToJsonString())).Error);
    }

    [Fact]
    public void What_is_no_record_is_named()
    {
        foreach (var garbage in new[] { "", "[]", "{\"v\":1}", "{\"v\":1,\"campaign\":\"c\",\"packageId\":\"p\"}",
            "{\"v\":1,\"campaign\":\"c\",\"packageId\":\"p\",\"device\":{}}", "{\"v\":1,\"campaign\":\"c\",\"packageId\":\"p\",\"device\":7}" })
            Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => FleetJson.Read<DeviceRecord>(garbage)).Error);
    }

    [Fact]
    public void A_record_stored_before_fields_existed_reads_with_their_defaults()
    {
        var read = FleetJson.Read<DeviceRecord>(
            """{"v":1,"campaign":"c","packageId":"p","device":{"v":1,"id":"C0:00:00:00:00:10","application":"C0:00:00:00:00:10","""
            + """ "imageSizes":[10],"images":[{}]}}""");
        Assert.Empty(read.News);
        Assert.Empty(read.Device.Resumes);
        Assert.Equal(("", 0), (read.Device.Detail, read.Device.EarlierAttempts));
        Assert.Empty(FleetJson.Read<DeviceHistory>("""{"v":1}""").Entries);
    }

    [Fact]
    public void News_go_on_from_what_the_history_has()
    {
        var record = Record with { News = Entries(3, from: 2), NewsFrom = 2 };
        var history = new DeviceHistory { Entries = Entries(2), End = 2 }.With(record);
        Assert.Equal(["0", "1", "2", "3", "4"], Texts(history));
        Assert.Equal((5, 0, 5), (history.End, DeviceHistory.Without(record, record).News.Length, DeviceHistory.Without(record, record).NewsFrom));
    }

    [Fact]
    public void News_that_a_crash_left_in_both_count_once()
    {
        var record = Record with { News = Entries(3, from: 2), NewsFrom = 2 };
        var taken = new DeviceHistory { Entries = Entries(2), End = 2 }.With(record);
        Assert.Equal(Texts(taken), Texts(taken.With(record)));
        var more = record with { News = Entries(5, from: 2) };
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], Texts(taken.With(more)));
    }

    [Fact]
    public void The_last_two_hundred_entries_are_kept()
    {
        var history = new DeviceHistory();
        var record = Record with { News = [], NewsFrom = 0 };
        for (var n = 0; n < 450; n++)
        {
            record = record with { News = record.News.AddRange(Entries(1, from: n)) };
            if (!DeviceHistory.IsDue(record)) continue;
            history = history.With(record);
            record = DeviceHistory.Without(record, record);
        }

        Assert.Equal(Enumerable.Range(250, 200).Select(n => $"{n}"), Texts(history.With(record)));
        Assert.InRange(record.News.Length, 0, 15);
    }

    [Fact]
    public void In_another_campaign_a_device_keeps_its_addresses_and_counts_its_attempts_on()
    {
        var old = Record.Device with { Application = Id, Bootloader = Id.Bootloader, Phase = DevicePhase.Done, Outcome = DeviceOutcome.Failed, Failures = 3,
            BytesSent = 9, Adapter = "a" };
        var state = old.Anew([50_000], T0.AddDays(1));
        Assert.Equal((Id.Bootloader, 7, 7), (state.Bootloader, state.Attempt, state.EarlierAttempts));
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending, 0, 0, null), (state.Phase, state.Outcome, state.Failures, state.BytesSent, state.Adapter));
        Assert.Equal(0, DeviceViews.Of(state, default, 0, null, T0).Attempts);
        Assert.Equal(1, DeviceViews.Of(state with { Attempt = 8 }, default, 0, null, T0).Attempts);
    }

    [Fact]
    public void Byte_counts_never_go_back()
    {
        var state = Record.Device.Counting(new(100, 80));
        Assert.Same(state, state.Counting(new(90, 80)));
        Assert.Equal(new DeviceTraffic(120, 80), state.Counting(new(120, 70)).Traffic);
    }

    [Fact]
    public void Every_event_that_says_when_takes_the_time_it_is_given()
    {
        var at = T0.AddHours(1);
        DeviceEvent[] events =
        [
            new DeviceEvent.Granted(1, "a", 1, new(Id, AddressType.Random, -60, "", true, true), Id, Id, true, T0), new DeviceEvent.PhaseChanged(
                1, DevicePhase.Sending, T0),
            new DeviceEvent.Confirmed(1, 0, 1, 2, default, T0), new DeviceEvent.LastExecute(1, 0, T0), new DeviceEvent.ImageActivated(1, 0, true, T0),
                new DeviceEvent.ImagePassed(1, 0, DfuError.VersionRefused, "d", "n", T0), new DeviceEvent.Restarted(1, 0, T0),
            new DeviceEvent.Ended(1, DfuError.LinkLost, "d", true, default, T0), new DeviceEvent.Interrupted(1, T0), new DeviceEvent.Waited(
                T0, null, true, null, null),
            new DeviceEvent.CancelRequested(T0, 0), new DeviceEvent.PauseRequested(1, T0), new DeviceEvent.RetryRequested(T0, 1),
        ];
        var kinds = typeof(DeviceEvent).GetNestedTypes().Where(type => type.GetProperty("At") is not null);
        Assert.Equal(kinds.OrderBy(type => type.Name), events.Select(e => e.GetType()).OrderBy(type => type.Name));
        Assert.All(events, e => Assert.Equal(at, At(e.StampedAt(at))));
        Assert.All(events, e => Assert.Equal(e, e.StampedAt(at).StampedAt(T0)));
        var identified = new DeviceEvent.Identified(1, Id, Id);
        Assert.Same(identified, identified.StampedAt(at));

        static object? At(DeviceEvent e) => e.GetType().GetProperty("At", BindingFlags.Public | BindingFlags.Instance)!.GetValue(e);
    }

    [Fact]
    public void Other_times_of_an_event_keep_their_distance()
    {
        var waited = new DeviceEvent.Waited(T0, T0.AddSeconds(-1), true, T0.AddSeconds(-5), null);
        Assert.Equal(
            new DeviceEvent.Waited(T0.AddDays(1), T0.AddDays(1).AddSeconds(-1), true, T0.AddDays(1).AddSeconds(-5), null), waited.StampedAt(T0.AddDays(1)));
    }

    [Fact]
    public void Decisions_and_outcomes_are_noted_and_progress_is_not()
    {
        var state = DeviceState.New(Id, [100_000], T0);
        Assert.Equal("attempt: attempt 1 on station/a", Note(
            new DeviceEvent.Granted(1, "station/a", 1, new(Id, AddressType.Random, -60, "", true, true), Id, Id.Bootloader, false, T0)));
        Assert.Null(Note(new DeviceEvent.PhaseChanged(1, DevicePhase.Sending, T0)));
        Assert.Null(Note(new DeviceEvent.Confirmed(1, 0, 4096, 1, default, T0)));
        Assert.Equal("attempt: attempt 1 ended: linkLost, supervision timeout", Note(
            new DeviceEvent.Ended(1, DfuError.LinkLost, "supervision timeout", false, default, T0)));
        Assert.Null(Note(new DeviceEvent.Interrupted(9, T0)));
        Assert.Equal("outcome: Cancelled", Note(new DeviceEvent.CancelRequested(T0, 0)));

        string? Note(DeviceEvent e)
        {
            var before = state;
            state = DeviceMachine.Apply(state, e, new()).Next;
            return DeviceNotes.Of(before, state, e) is { } note ? $"{note.Kind}: {note.Text}" : null;
        }
    }
}
