using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dfu.Fleet.Tests;

/// <summary>
/// Late and repeated events change nothing: batches are applied, and what was taken comes again, and then in any order with anything that was taken before.
/// </summary>
public sealed class RepetitionTests
{
    private static readonly FleetPolicy Policy = new() { Campaign = new() { MaxFruitlessAttempts = 3, MaxAttempts = 6 } };
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly BluetoothAddress Application = BluetoothAddress.Parse("C0:00:00:00:00:10");

    private static readonly DfuError[] Errors =
    [
        DfuError.None, DfuError.LinkLost, DfuError.ConnectTimeout, DfuError.AdapterLost, DfuError.AdapterFull, DfuError.Interrupted, DfuError.VersionRefused,
        DfuError.SoftDeviceRefused,
    ];

    /// <param name="Seconds">Since the event before.</param>
    /// <param name="Again">Chooses which of the events so far come once more, and in which order.</param>
    private sealed record Step(int Kind, int Number, double Seconds, int Again);

    [Property(MaxTest = 300)]
    public Property Devices_take_what_an_attempt_reports_once() => Prop.ForAll(Steps(17), steps =>
    {
        var state = DeviceState.New(Application, [50_000, 100_000], T0);
        Replay(steps, (step, number, at) => OfDevice(step, state, number, at), e =>
        {
            var (next, effects) = DeviceMachine.Apply(state, e, Policy);
            var changed = !ReferenceEquals(next, state) || !effects.IsEmpty;
            state = next;
            return changed;
        });
    });

    [Property(MaxTest = 300)]
    public Property Campaigns_take_what_adapters_devices_and_operators_say_once() => Prop.ForAll(Steps(14), steps =>
    {
        var state = new CampaignState
        {
            Id = "c", PackageId = "p", Targets = "t", ImageSizes = [100_000], HwVersion = 52, All = true, Stage = CampaignStage.Collecting,
            ScanTime = TimeSpan.FromSeconds(10), RunStartedAt = T0, Feed = steps.Length % 2 == 0,
            Plan = new()
            {
                Groups = [new() { Count = 2, GoOnAt = 50, Approval = true, Errors = new() { Count = 2 } }, new()],
                Errors = new() { Count = 4, Action = ErrorAction.Stop },
                Schedule = new() { Windows = [new() { From = new(0, 0), To = new(0, 5) }, new() { From = new(0, 6), To = new(0, 20) }] },
            },
        };
        Replay(steps, (step, number, at) => OfCampaign(step, state, number, at), e =>
        {
            var (next, effects) = CampaignMachine.Apply(state, e, Policy);
            var changed = !ReferenceEquals(next, state) || !effects.IsEmpty;
            state = next;
            return changed;
        });
    });

    [Property(MaxTest = 300)]
    public Property Adapters_take_what_their_radio_attempts_and_operators_say_once() => Prop.ForAll(Steps(14), steps =>
    {
        var state = new AdapterState { Id = "a" };
        Replay(steps, (step, _, at) => OfAdapter(step, state, at), e =>
        {
            var (next, effects) = AdapterMachine.Apply(state, e, Policy);
            var changed = !ReferenceEquals(next, state) || !effects.IsEmpty;
            state = next;
            return changed;
        });
    });

    [Fact]
    public void A_report_that_comes_again_after_its_image_was_activated_does_not_begin_the_image_again()
    {
        DeviceEvent[] report =
        [
            new DeviceEvent.ImageStarted(1, 0) { Number = 1 },
            new DeviceEvent.Confirmed(1, 0, 50_000, 7, default, T0) { Number = 2 },
            new DeviceEvent.ImageActivated(1, 0, SoftDevicePart: true, T0) { Number = 3 },
        ];
        var granted = DeviceMachine.Apply(DeviceState.New(Application, [50_000, 100_000], T0), Granted(1, T0), Policy).Next;
        var once = report.Aggregate(granted, static (state, e) => DeviceMachine.Apply(state, e, Policy).Next);
        Assert.Equal((1, T0 + DeviceMachine.Continuation), (once.Image, once.BootloaderUntil));
        Assert.Same(once, report.Aggregate(once, static (state, e) => DeviceMachine.Apply(state, e, Policy).Next));
    }

    [Fact]
    public void Link_time_that_is_told_twice_counts_once()
    {
        var state = new CampaignState { Id = "c", PackageId = "p", Targets = "t", ImageSizes = [1], HwVersion = 52 };
        var told = new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(30), Dropped: true) { Source = "a", Number = 1 };
        var once = CampaignMachine.Apply(state, told, Policy).Next;
        Assert.Same(once, CampaignMachine.Apply(once, told, Policy).Next);
        Assert.Equal((30, 1), (once.LinkSeconds, once.Drops));
        Assert.Equal(2, CampaignMachine.Apply(once, told with { Source = "b" }, Policy).Next.Drops);
    }

    /// <summary>Applies events in batches; each batch comes twice, and then some of all that came before in another order.</summary>
    private static void Replay<T>(Step[] steps, Func<Step, int, DateTimeOffset, T> make, Func<T, bool> changes)
    {
        var (at, number) = (T0, 0);
        var past = new List<T>();
        foreach (var batch in steps.Chunk(4))
        {
            var events = new List<T>();
            foreach (var step in batch)
            {
                at += TimeSpan.FromSeconds(step.Seconds);
                var e = make(step, ++number, at);
                if (changes(e)) events.Add(e);
            }

            past.AddRange(events);
            if (past.Count == 0) continue;
            var again = new Random(batch[0].Again);
            foreach (var e in events.Concat(again.GetItems(past.ToArray(), past.Count))) Assert.False(changes(e), $"{e} came again");
        }
    }

    private static DeviceEvent.Granted Granted(int attempt, DateTimeOffset at) => new(
        attempt, "a", 1, new(Application.Bootloader, AddressType.Random, -60, "DfuTarg", true, true), Application, Application.Bootloader, false, at);

    private static DeviceEvent OfDevice(Step step, DeviceState state, int number, DateTimeOffset at)
    {
        var (attempt, image, offset) = (state.Attempt, step.Number % 2, step.Number % 26 * 4096L);
        DeviceEvent e = step.Kind switch
        {
            0 or 1 => Granted(attempt + 1, at),
            2 => new DeviceEvent.PhaseChanged(attempt, (DevicePhase)(1 + (step.Number % 8)), at),
            3 => new DeviceEvent.Identified(attempt, Application, Application.Bootloader),
            4 => new DeviceEvent.ImageStarted(attempt, image),
            5 => new DeviceEvent.Resumed(attempt, image, new(offset, offset / 2, (Diagnosis)(step.Number % Enum.GetValues<Diagnosis>().Length))),
            6 => new DeviceEvent.Confirmed(attempt, image, offset, 7, new(offset, offset), at),
            7 => new DeviceEvent.Saved(attempt, image, offset),
            8 => new DeviceEvent.LastExecute(attempt, image, at),
            9 => new DeviceEvent.ImageActivated(attempt, image, step.Number % 3 == 0, at),
            10 => new DeviceEvent.Restarted(attempt, image, at),
            11 => new DeviceEvent.Ended(attempt, Errors[step.Number % Errors.Length], "x", step.Number % 2 == 0, new(offset, offset), at),
            12 => new DeviceEvent.Waited(at, at, false, T0, null),
            13 => new DeviceEvent.CancelRequested(at, state.Run) { Drain = step.Number % 2 == 0 },
            14 => new DeviceEvent.ImagePassed(attempt, image, DfuError.VersionRefused, "refused", "there already", at),
            15 => new DeviceEvent.AdapterBlamed("a", 1, attempt),
            16 => new DeviceEvent.PauseRequested(attempt, at),
            _ => new DeviceEvent.RetryRequested(at, state.Run + 1) { Anew = step.Number % 2 == 0 },
        };
        return e is DeviceEvent.IOfAttempt ? e with { Number = number } : e;
    }

    private static CampaignEvent OfCampaign(Step step, CampaignState state, int number, DateTimeOffset at)
    {
        var device = new BluetoothAddress((ulong)(1 + (step.Number % 5)));
        CampaignEvent e = step.Kind switch
        {
            0 => new CampaignEvent.DeviceHeard(state.Run, device, at),
            1 => new CampaignEvent.Listening(state.Run, at),
            2 or 3 => new CampaignEvent.Tick(at),
            4 or 5 => new CampaignEvent.DeviceEnded(
                device, step.Number % 3 == 0 ? DeviceOutcome.Failed : DeviceOutcome.Updated, DfuError.None, state.Retrying.GetValueOrDefault(device)),
            6 => new CampaignEvent.TraitsLearned(device, new BootloaderTraits { InitMax = 512, Mtu = 247, Keeps = (Keeps)(step.Number % 4) }),
            7 => new CampaignEvent.ProbeStarted(device, step.Number),
            8 => new CampaignEvent.ProbeEnded(device, state.Prober?.Attempt ?? 0),
            9 => new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(step.Number), step.Number % 2 == 0),
            10 => step.Number % 2 == 0 ? new CampaignEvent.TakenUp(state.Run + 1, at) : new CampaignEvent.RunStarted(state.Run + 1, at),
            11 => new CampaignEvent.CancelRequested(state.Run),
            12 => new CampaignEvent.AuditTaken(step.Number % (state.Changes + 1)),
            _ => new CampaignEvent.Controlled(
                state.Changes + 1, new((CampaignControlKind)(step.Number % 6), "olaf") { Cut = step.Number % 4 == 0, Devices = Named(step, device) }, at),
        };
        e = e with { Wall = at };
        return e is CampaignEvent.TraitsLearned or CampaignEvent.LinkEnded or CampaignEvent.ProbeEnded ? e with { Source = "a", Number = number } : e;
    }

    private static ImmutableArray<BluetoothAddress> Named(Step step, BluetoothAddress device) => step.Number % 6 == 5 || step.Number % 7 == 0 ? [device] : [];

    private static AdapterEvent OfAdapter(Step step, AdapterState state, DateTimeOffset at)
    {
        var device = new BluetoothAddress((ulong)(1 + (step.Number % 4)));
        return step.Kind switch
        {
            0 when state.Epoch == 0 => new AdapterEvent.OpenRequested(at),
            0 or 1 when state.StepUnderWay is { } under => new AdapterEvent.Recovered(state.Epoch, under, step.Number % 2 == 0, at),
            0 => new AdapterEvent.Opened(state.Epoch, "dongle", 4, at),
            1 => new AdapterEvent.OpenFailed(state.Epoch, "not there", at),
            2 or 3 => new AdapterEvent.Tick(at),
            4 => new AdapterEvent.SlotTaken(state.Epoch, state.Turn + 1, device, 1),
            5 => new AdapterEvent.SlotFreed(state.Epoch, state.Turn + 1, device, 1, at),
            6 => new AdapterEvent.ConnectStarted(state.Epoch, state.ConnectsBegun + 1, device, 1),
            7 => new AdapterEvent.ConnectEnded(state.Epoch, state.ConnectsEnded + 1, device, 1, Errors[step.Number % Errors.Length], at),
            9 => new AdapterEvent.ServedElsewhere(state.Epoch, device, 1, at),
            10 => new AdapterEvent.AttemptEnded(state.Epoch, state.Turn + 1, Errors[step.Number % Errors.Length], at),
            11 => new AdapterEvent.Controlled(state.Controls + 1, new((AdapterControlKind)(step.Number % 4), "me"), state.Slots.Length, at, at),
            12 => new AdapterEvent.AuditTaken([.. state.Untold.Select(entry => entry.Id)]),
            13 => new AdapterEvent.SelfTested(state.Epoch, state.Tests, new(TimeSpan.FromSeconds(5), step.Number % 3, step.Number % 2 == 0), at, at),
            8 => new AdapterEvent.Measured(state.Epoch, new(1 + (step.Number % 4), step.Number, 0, 1, step.Number % 2 == 0), at),
            _ => new AdapterEvent.Lost(state.Epoch, "pulled out", at),
        };
    }

    private static Arbitrary<Step[]> Steps(int kinds)
    {
        var step =
            from kind in Gen.Choose(0, kinds)
            from number in Gen.Choose(0, 200)
            from seconds in Gen.Elements(0, 0.3, 4, 40)
            from again in Gen.Choose(0, int.MaxValue - 1)
            select new Step(kind, number, seconds, again);
        return step.ArrayOf(60).ToArbitrary();
    }
}
