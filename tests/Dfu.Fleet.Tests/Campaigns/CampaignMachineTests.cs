using Dfu.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Campaigns;

public sealed class CampaignMachineTests
{
    private static readonly BootloaderTraits SavesNothing = new() { InitMax = 512, Mtu = 247, Keeps = Keeps.Nothing };

    private static CampaignEffect[] Effects(CampaignState state, CampaignEvent e) => [.. CampaignMachine.Apply(state, Now(state, e), Policy).Effects];

    private static CampaignEvent.DeviceEnded Ended(int device, DeviceOutcome outcome = DeviceOutcome.Updated) =>
        CampaignSteps.Ended(device, outcome, DfuError.NotHeard);

    [Fact]
    public void It_is_over_when_the_last_device_has_its_outcome()
    {
        var one = Apply(New(1, 2), Ended(1));
        Assert.Equal(CampaignStage.Running, one.Stage);
        Assert.Equal([new CampaignEffect.Finished(CampaignOutcome.Succeeded)], Effects(one, Ended(2)));
        Assert.Equal(CampaignOutcome.Failed, Apply(one, Ended(2, DeviceOutcome.Failed)).Outcome);
    }

    [Theory]
    [InlineData(null, "", "No device was heard; check that they are powered and near, or listen longer.")]
    [InlineData(null, "Watch (2)", "No device that advertises DFU was heard in 10 s; heard: Watch (2).")]
    [InlineData("Foo*", "", "No device named 'Foo*' was heard; check that they are powered and near, or listen longer.")]
    [InlineData("Foo*", "DfuTarg (3) and Sensor 1", "No device named 'Foo*' was heard in 10 s; heard: DfuTarg (3) and Sensor 1.")]
    [InlineData("\u001b[31m*", "Sensor 1", "No device named '?[31m*' was heard in 10 s; heard: Sensor 1.")]
    public void A_campaign_that_finds_nobody_says_who_was_heard(string? name, string bystanders, string notice)
    {
        var over = Apply(
            New() with { All = name is null, NameGlob = name },
            new CampaignEvent.Listening(0, T0),
            new CampaignEvent.Tick(At(10)) { Bystanders = bystanders });
        Assert.Equal((CampaignOutcome.Failed, notice), (over.Outcome, Assert.Single(over.Notices)));
        var again = Apply(
            over, new CampaignEvent.TakenUp(0, At(100)), new CampaignEvent.Listening(0, At(101)), new CampaignEvent.Tick(At(111)) { Bystanders = bystanders });
        Assert.Equal(notice, Assert.Single(again.Notices));
    }

    [Fact]
    public void A_campaign_that_waits_for_so_many_and_finds_none_says_who_was_heard()
    {
        var over = Apply(
            New() with { NameGlob = "Foo*", Count = 3 },
            new CampaignEvent.Listening(0, T0),
            new CampaignEvent.Tick(At(Policy.Patience.TotalSeconds)) { Bystanders = "Sensor 1" });
        Assert.Equal($"No device named 'Foo*' was heard in {Policy.Patience.TotalSeconds:0} s; heard: Sensor 1.", Assert.Single(over.Notices));
    }

    [Fact]
    public void A_legacy_bootloader_is_nobodys_target_even_by_its_name()
    {
        var heard = new Advertisement(Device(1), AddressType.Random, -60, "DfuTarg", DfuService: false, Connectable: true);
        Assert.True(CampaignTargets.Wanted("Dfu*")(heard));
        Assert.False(CampaignTargets.Wanted("Dfu*")(heard with { Others = OtherServices.LegacyDfu }));
        Assert.True(CampaignTargets.Wanted("Dfu*")(heard with { Others = OtherServices.LegacyDfu, DfuService = true }));
    }

    [Theory]
    [InlineData("DfuTarg", false, OtherServices.None, true)]
    [InlineData("DfuTarg", false, OtherServices.LegacyDfu, false)]
    [InlineData("Sensor", true, OtherServices.None, true)]
    [InlineData("Zephyr", false, OtherServices.Smp, false)]
    public void All_devices_are_those_of_secure_dfu(string name, bool dfuService, OtherServices others, bool wanted) => Assert.Equal(
        wanted,
        CampaignTargets.Wanted(null)(new(Device(1), AddressType.Random, -60, name, dfuService, Connectable: true) { Others = others }));

    [Fact]
    public void A_finished_campaign_for_all_listens_again_and_takes_who_came_since()
    {
        var finished = Apply(New() with { All = true }, new CampaignEvent.Listening(0, T0), Heard(1), new CampaignEvent.Tick(At(10)), Ended(1));
        Assert.Equal(CampaignOutcome.Succeeded, finished.Outcome);
        var again = Apply(finished, new CampaignEvent.TakenUp(0, At(100)), new CampaignEvent.Listening(0, At(101)), Heard(
            1, 102), Heard(2, 102));
        Assert.Equal((CampaignStage.Collecting, CampaignOutcome.Running), (again.Stage, again.Outcome));
        Assert.Equal([Device(1), Device(2)], again.Devices.ToArray());
        Assert.Equal(CampaignOutcome.Succeeded, Apply(again, new CampaignEvent.Tick(At(111)), Ended(2)).Outcome);
        Assert.Equal(CampaignOutcome.Succeeded, Apply(finished, new CampaignEvent.TakenUp(0, At(100)),
            new CampaignEvent.Listening(0, At(101)), new CampaignEvent.Tick(At(111))).Outcome);
    }

    [Fact]
    public void A_finished_campaign_for_named_devices_or_a_number_of_them_stays_finished()
    {
        var named = Apply(New(1), Ended(1));
        Assert.Equal(CampaignStage.Finished, Apply(named, new CampaignEvent.TakenUp(0, At(9))).Stage);
        var counted = named with { All = true, Count = 1 };
        Assert.Equal(CampaignStage.Finished, Apply(counted, new CampaignEvent.TakenUp(0, At(9))).Stage);
    }

    [Fact]
    public void The_same_outcome_twice_and_strangers_count_nothing()
    {
        var state = Apply(New(1, 2), Ended(1), Ended(1), Ended(7));
        Assert.Equal(CampaignStage.Running, state.Stage);
        Assert.Single(state.Results);
    }

    [Fact]
    public void A_device_that_is_tried_again_opens_the_campaign_again()
    {
        var failed = Apply(New(1, 2), Ended(1), Ended(2, DeviceOutcome.Failed));
        var again = Apply(failed, new CampaignEvent.TakenUp(0, At(9)));
        Assert.Equal((CampaignStage.Running, CampaignOutcome.Running), (again.Stage, again.Outcome));
        Assert.Equal(CampaignOutcome.Succeeded, Apply(again, Ended(2)).Outcome);
    }

    [Fact]
    public void Devices_are_collected_for_the_scan_time_from_the_first_adapter_on()
    {
        var state = Apply(New(), Heard(1), new CampaignEvent.Tick(At(30)), new CampaignEvent.Listening(0, At(30)), Heard(2, 31), Heard(2, 32));
        Assert.Equal([Device(1), Device(2)], state.Devices.ToArray());
        Assert.Equal(CampaignStage.Collecting, Apply(state, new CampaignEvent.Tick(At(39))).Stage);
        var closed = Apply(state, new CampaignEvent.Tick(At(40)));
        Assert.Equal(CampaignStage.Running, closed.Stage);
        Assert.Equal(2, Apply(closed, Heard(3, 41)).Devices.Length);
    }

    [Fact]
    public void Devices_that_end_while_others_are_collected_do_not_end_the_campaign()
    {
        var state = Apply(New(), new CampaignEvent.Listening(0, T0), Heard(1), Ended(1));
        Assert.Equal(CampaignStage.Collecting, state.Stage);
        Assert.Equal(CampaignOutcome.Succeeded, Apply(state, new CampaignEvent.Tick(At(10))).Outcome);
    }

    [Fact]
    public void With_a_count_exactly_that_many_are_taken()
    {
        var state = Apply(New() with { Count = 2 }, new CampaignEvent.Listening(0, T0), Heard(1), new CampaignEvent.Tick(At(60)), Heard(2, 61), Heard(3, 61));
        Assert.Equal(2, state.Devices.Length);
        Assert.Equal(CampaignStage.Running, Apply(state, new CampaignEvent.Tick(At(62))).Stage);
    }

    [Fact]
    public void A_count_that_is_not_reached_fails_after_the_patience_and_says_so()
    {
        var state = Apply(New() with { Count = 2 }, new CampaignEvent.Listening(0, T0), Heard(1, 50), Ended(1), new CampaignEvent.Tick(At(169)));
        Assert.Equal(CampaignStage.Collecting, state.Stage);
        var over = Apply(state, new CampaignEvent.Tick(At(170)));
        Assert.Equal(CampaignOutcome.Failed, over.Outcome);
        Assert.Single(over.Notices);
    }

    [Fact]
    public void Nobody_heard_is_a_failure() =>
        Assert.Equal(CampaignOutcome.Failed, Apply(New(), new CampaignEvent.Listening(0, T0), new CampaignEvent.Tick(At(10))).Outcome);

    [Fact]
    public void A_device_that_is_named_by_both_its_addresses_is_updated_once()
    {
        var state = New(0x10, 0x11, 0x20);
        var bootloader = DeviceState.New(Device(0x11), [200_000], T0) with { Application = Device(0x10), Bootloader = Device(0x11) };
        Assert.Null(CampaignMachine.SameAs(state, bootloader, Unknown));
        var same = CampaignMachine.SameAs(state, bootloader with { Settled = true }, Unknown)!;
        Assert.Equal((Device(0x10), Device(0x11)), (same.Device, same.As));
        var joined = Apply(state, same, same);
        Assert.Equal([Device(0x11), Device(0x20)], joined.Devices.ToArray());
        Assert.Contains("are the two addresses of one device", Assert.Single(joined.Notices), StringComparison.Ordinal);
        Assert.Contains(new CampaignEffect.LetGo(Device(0x10)), Effects(state, same));
        Assert.Equal(CampaignOutcome.Succeeded, Apply(joined, Ended(0x11), Ended(0x20), Ended(0x10)).Outcome);

        // A neighbour may be above an application: it is waited for.
        var application = DeviceState.New(Device(0x10), [200_000], T0) with { Bootloader = Device(0x11), Settled = true };
        Assert.Null(CampaignMachine.SameAs(state, application, Unknown));

        static DeviceState? Unknown(BluetoothAddress device) => null;
    }

    /// <summary>Whichever ends first, and only with the proof that the bootloader of the one was at the address of the other.</summary>
    [Fact]
    public void A_target_nobody_was_heard_at_but_the_bootloader_of_another_is_let_go_after_its_patience()
    {
        var state = New(0x10, 0x11);
        var heard = new Advertisement(new(0xC0_00_00_00_00_10), AddressType.Random, -60, "Sensor", true, true);
        var application = DeviceState.New(Device(0x10), [200_000], T0) with { Bootloader = Device(0x11), Settled = true, Heard = heard };
        var silent = DeviceState.New(Device(0x11), [200_000], T0);
        var failed = silent with { Phase = DevicePhase.Done, Outcome = DeviceOutcome.Failed, Error = DfuError.NotHeard };
        var same = new CampaignEvent.SameDevice(Device(0x11), Device(0x10));

        Assert.Equal(same, CampaignMachine.SameAs(state, failed, _ => application));
        Assert.Equal(same, CampaignMachine.SameAs(state, application, _ => failed));
        Assert.Null(CampaignMachine.SameAs(state, application, _ => silent));
        Assert.Null(CampaignMachine.SameAs(state, failed, _ => null));
        Assert.Null(CampaignMachine.SameAs(state, failed, _ => application with { Settled = false }));
        Assert.Null(CampaignMachine.SameAs(state, failed, _ => application with { Bootloader = Device(0x10) }));
        Assert.Null(CampaignMachine.SameAs(state, failed, _ => application with { Heard = heard with { AddressType = AddressType.Public } }));
        Assert.Null(CampaignMachine.SameAs(state, failed with { Error = DfuError.VersionRefused }, _ => application));

        Assert.Equal(CampaignOutcome.Succeeded, Apply(state, Ended(0x10), same).Outcome);
        var late = Apply(state, new CampaignEvent.DeviceEnded(Device(0x11), DeviceOutcome.Failed, DfuError.NotHeard, 0), same, Ended(0x10));
        Assert.Equal(CampaignOutcome.Succeeded, late.Outcome);
        Assert.Equal([Device(0x10)], late.Devices.ToArray());
    }

    [Fact]
    public void Cancelling_reaches_every_device_without_an_outcome()
    {
        var state = Apply(New(1, 2, 3), Ended(2));
        Assert.Equal(
            [new CampaignEffect.CancelDevice(Device(1)), new CampaignEffect.CancelDevice(Device(3))], Effects(state, new CampaignEvent.CancelRequested(0)));
        var over = Apply(state, new CampaignEvent.CancelRequested(0), Ended(1, DeviceOutcome.Cancelled), Ended(3, DeviceOutcome.Cancelled));
        Assert.Equal(CampaignOutcome.Failed, over.Outcome);
    }

    [Fact]
    public void What_was_cancelled_in_an_earlier_run_counts_no_more_in_the_next()
    {
        var cancelled = Apply(New(1), new CampaignEvent.CancelRequested(0));
        var again = Apply(cancelled, new CampaignEvent.TakenUp(0, At(1)));
        Assert.Equal((false, 1), (again.CancelRequested, again.Retrying[Device(1)]));
        var late = new CampaignEvent.DeviceEnded(Device(1), DeviceOutcome.Cancelled, DfuError.Cancelled, 0);
        Assert.Same(again, CampaignMachine.Apply(again, late, Policy).Next);
    }

    [Fact]
    public void A_class_that_saves_nothing_is_announced_once()
    {
        var effects = Effects(New(1), new CampaignEvent.TraitsLearned(Device(1), SavesNothing));
        Assert.Contains(effects, effect => effect is CampaignEffect.KeepClass { Class.Key: "hw52/init512/mtu247" });
        Assert.Contains(effects, effect => effect is CampaignEffect.Announce);
        var known = Apply(New(1), new CampaignEvent.TraitsLearned(Device(1), SavesNothing));
        Assert.Empty(Effects(known, new CampaignEvent.TraitsLearned(Device(1), SavesNothing)));
        var paced = SavesNothing with { Pacing = SavesNothing.Pacing with { Burst = 9 } };
        Assert.DoesNotContain(Effects(known, new CampaignEvent.TraitsLearned(Device(1), paced)), effect => effect is CampaignEffect.Announce);
    }

    [Fact]
    public void What_is_known_of_a_class_is_not_forgotten_by_a_device_that_does_not_know()
    {
        var state = Apply(New(1), new CampaignEvent.TraitsLearned(Device(1), SavesNothing), new CampaignEvent.TraitsLearned(
            Device(2), SavesNothing with { Keeps = Keeps.Unknown }));
        Assert.Equal(Keeps.Nothing, state.Classes["hw52/init512/mtu247"].Traits.Keeps);
    }

    [Fact]
    public void A_guard_that_lost_packets_is_not_gone_below_by_luckier_devices()
    {
        var burnt = SavesNothing with { Pacing = Pacing.Initial with { Guard = TimeSpan.FromMilliseconds(180), LossGuard = TimeSpan.FromMilliseconds(120) } };
        var state = Apply(New(1), new CampaignEvent.TraitsLearned(Device(1), burnt), new CampaignEvent.TraitsLearned(Device(2), SavesNothing));
        var pacing = state.Classes["hw52/init512/mtu247"].Traits.Pacing;
        Assert.Equal(TimeSpan.FromMilliseconds(132), pacing.Guard);
        Assert.Equal(TimeSpan.FromMilliseconds(120), pacing.LossGuard);
    }

    [Fact]
    public void A_burst_that_lost_packets_is_not_gone_back_to_by_devices_that_began_before()
    {
        var burnt = SavesNothing with { Pacing = Pacing.Initial with { Burst = 13, BurstAfterSave = 9 } };
        var began = SavesNothing with { Pacing = Pacing.Initial.AfterClean(afterSave: false) };
        var state = Apply(New(1), new CampaignEvent.TraitsLearned(Device(1), burnt), new CampaignEvent.TraitsLearned(Device(2), began));
        var pacing = state.Classes["hw52/init512/mtu247"].Traits.Pacing;
        Assert.Equal((13, 9), (pacing.Burst, pacing.BurstAfterSave));
        Assert.Equal(began.Pacing.Guard, pacing.Guard);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_device_measured_of_its_class_stays_until_another_measures(bool? measured)
    {
        var known = Apply(New(1), new CampaignEvent.TraitsLearned(Device(1), SavesNothing with { WritesAfterExecute = true }));
        var state = Apply(known, new CampaignEvent.TraitsLearned(Device(2), SavesNothing with { WritesAfterExecute = measured }));
        Assert.Equal(measured ?? true, state.Classes["hw52/init512/mtu247"].Traits.WritesAfterExecute);
    }

    [Fact]
    public void A_device_is_told_of_its_own_class_else_of_the_only_one_else_of_none()
    {
        var saving = new BootloaderTraits { InitMax = 256, Mtu = 23, Keeps = Keeps.Objects };
        var one = Apply(New(1), new CampaignEvent.TraitsLearned(Device(1), SavesNothing));
        Assert.Equal(SavesNothing, CampaignMachine.Prior(one, null));
        var two = Apply(one, new CampaignEvent.TraitsLearned(Device(2), saving));
        Assert.Equal(saving, CampaignMachine.Prior(two, "hw52/init256/mtu23"));
        Assert.Equal((Keeps.Unknown, 0), (CampaignMachine.Prior(two, null).Keeps, CampaignMachine.Prior(two, null).InitMax));
    }

    [Fact]
    public void One_device_at_a_time_probes_an_unknown_class_and_only_where_there_is_something_to_lose()
    {
        Assert.True(CampaignMachine.ShouldProbe(New(1, 2), null));
        Assert.False(CampaignMachine.ShouldProbe(New(1, 2) with { ImageSizes = [8192] }, null));
        var probing = Apply(New(1, 2), new CampaignEvent.ProbeStarted(Device(1), 1));
        Assert.False(CampaignMachine.ShouldProbe(probing, null));
        Assert.True(CampaignMachine.ShouldProbe(Apply(probing, new CampaignEvent.ProbeEnded(Device(1), 1)), null));
        Assert.False(CampaignMachine.ShouldProbe(Apply(New(1, 2), new CampaignEvent.TraitsLearned(Device(1), SavesNothing)), null));
        var old = SavesNothing with { InitMax = 256, Keeps = Keeps.Unknown };
        Assert.False(CampaignMachine.ShouldProbe(Apply(New(1, 2), new CampaignEvent.TraitsLearned(Device(1), old)), null));
    }

    [Fact]
    public void Probes_that_come_to_nothing_are_given_up()
    {
        var state = New(1);
        for (var i = 0; i < 3; i++) state = Apply(state, new CampaignEvent.ProbeStarted(Device(1), i), new CampaignEvent.ProbeEnded(Device(1), i));
        Assert.False(CampaignMachine.ShouldProbe(state, null));
    }

    [Fact]
    public void The_time_between_drops_is_link_time_over_drops()
    {
        var state = Apply(New(1), new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(30), false));
        Assert.Null(state.MeanTimeBetweenDrops);
        state = Apply(state, new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(10), true), new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(20), true));
        Assert.Equal(TimeSpan.FromSeconds(30), state.MeanTimeBetweenDrops);
    }

    [Fact]
    public void A_state_survives_being_stored()
    {
        var state = Apply(
            New(1, 2), Ended(1, DeviceOutcome.Failed), new CampaignEvent.TraitsLearned(Device(1), SavesNothing), new CampaignEvent.ProbeStarted(Device(2), 1));
        var json = FleetJson.Write(state);
        var read = FleetJson.Read<CampaignState>(json);
        Assert.Equal(json, FleetJson.Write(read));
        Assert.Equal(new DeviceResult(DeviceOutcome.Failed, DfuError.NotHeard), read.Results[Device(1)]);
        Assert.Equal(SavesNothing, read.Classes["hw52/init512/mtu247"].Traits);
    }

    [Fact]
    public void Equal_choices_of_targets_have_equal_keys_and_impossible_ones_none()
    {
        Assert.Equal(
            CampaignTargets.Key(new() { Addresses = [Device(1), Device(2)] }), CampaignTargets.Key(new() { Addresses = [Device(2), Device(1), Device(1)] }));
        Assert.NotEqual(CampaignTargets.Key(new() { All = true }), CampaignTargets.Key(new() { All = true, Count = 4 }));
        foreach (var wrong in new TargetSelection[] { new(), new() { All = true, NameGlob = "x" }, new() { All = true, Count = 0 },
            new() { All = true, ScanTime = TimeSpan.Zero } })
            Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => CampaignTargets.Key(wrong)).Error);
    }
}
