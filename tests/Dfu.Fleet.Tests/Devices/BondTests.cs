using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>What is decided about a device that bonds: whose it is, who may have it, and when it is given up.</summary>
public sealed class BondTests
{
    private static readonly DeviceEvent.Identified Bonds = new(1, Application, Application);

    [Theory]
    [InlineData(DevicePhase.Jumping)]
    [InlineData(DevicePhase.SendingInit)]
    [InlineData(DevicePhase.Sending)]
    public void The_adapter_that_sends_it_to_its_bootloader_or_is_let_in_there_has_its_bond(DevicePhase phase)
    {
        var state = Apply(Queued(), Grant(), Bonds, new DeviceEvent.PhaseChanged(1, phase, At(1)), Ended(1, DfuError.LinkLost));
        Assert.Equal("a", state.BondedWith);
        Assert.Equal((true, false), (DeviceBonds.MayHave(state, "a", inBootloader: true), DeviceBonds.MayHave(state, "b", inBootloader: true)));
        Assert.True(DeviceBonds.MayHave(state, "b", inBootloader: false)); // its application takes any
    }

    [Fact]
    public void To_have_connected_is_no_proof_and_a_device_with_two_addresses_belongs_to_nobody()
    {
        Assert.Null(Apply(Queued(), Grant(), Bonds, new DeviceEvent.PhaseChanged(1, DevicePhase.Reconciling, At(1))).BondedWith);
        Assert.Null(Apply(Queued(), Grant(), new DeviceEvent.PhaseChanged(1, DevicePhase.Jumping, At(1))).BondedWith);
    }

    [Fact]
    public void It_stays_known_in_the_next_campaign()
    {
        var state = Apply(Queued(), Grant(), Bonds, new DeviceEvent.PhaseChanged(1, DevicePhase.Jumping, At(1)), Ended(1, DfuError.None));
        Assert.Equal("a", state.Anew([5], At(9)).BondedWith);
    }

    [Fact]
    public void An_adapter_that_its_bootloader_refused_is_not_tried_again_until_it_was_in_its_application()
    {
        var refused = Apply(Queued(), Grant(), Bonds, Ended(1, DfuError.BondedElsewhere));
        Assert.Equal((DevicePhase.Queued, (string?)null), (refused.Phase, refused.BondedWith));
        Assert.Equal((false, true), (DeviceBonds.MayHave(refused, "a", inBootloader: true), DeviceBonds.MayHave(refused, "b", inBootloader: true)));
        Assert.True(DeviceBonds.MayHave(refused, "a", inBootloader: false));
        var jumped = Apply(
            refused, Grant(2), Bonds with { Attempt = 2 }, new DeviceEvent.PhaseChanged(2, DevicePhase.Jumping, At(3)), Ended(2, DfuError.LinkLost));
        Assert.True(DeviceBonds.MayHave(jumped, "a", inBootloader: true));
    }

    /// <summary>Each jump erases a page of its flash, and clears what the bootloader refused.</summary>
    [Fact]
    public void A_bootloader_that_never_takes_the_adapter_that_sends_it_there_fails_the_device()
    {
        var state = Queued();
        var jumps = 0;
        for (; state.Phase == DevicePhase.Queued && jumps < 100; jumps++)
        {
            var attempt = state.Attempt + 1;
            state = Apply(
                state, Grant(), Bonds with { Attempt = attempt }, new DeviceEvent.PhaseChanged(attempt, DevicePhase.Jumping, At(1)),
                Ended(attempt, DfuError.BondedElsewhere));
        }

        Assert.Equal((Policy.MaxFruitlessAttempts, DeviceOutcome.Failed, DfuError.BondedElsewhere), (jumps, state.Outcome, state.Error));
    }

    [Fact]
    public void The_adapter_that_goes_first_does_not_while_it_is_drained()
    {
        var heard = new HeardDevices();
        heard.AddTarget(Application, isApplication: true);
        heard.Correct(Application, Application, Application, settled: true);
        foreach (var adapter in new[] { 0, 1 }) heard.Hear(adapter, new Advertisement(Application, AddressType.Random, -60, "App", true, true), T0, out _);
        var device = Queued() with { Bootloader = Application, BondedWith = "a" };
        AdapterStanding[] both = [Standing("a"), Standing("b")];
        Assert.Equal("a", Assert.Single(Planning.Plan(both, [new(device, heard)], [], T0)).Adapter.Id);
        both[0] = both[0] with { State = both[0].State with { HeldBy = "olaf" } };
        Assert.Equal("b", Assert.Single(Planning.Plan(both, [new(device, heard)], [], T0)).Adapter.Id);

        static AdapterStanding Standing(string id) =>
            new(new() { Id = id, Status = AdapterStatus.Ready, Limit = new() { Current = 1, Ceiling = 1 } }, 0, null);
    }

    [Theory]
    [InlineData(true, 134, false)]
    [InlineData(true, 135, true)]
    [InlineData(false, 9, false)]
    [InlineData(false, 10, true)]
    public void It_is_given_up_when_nobody_who_may_have_it_comes(bool inBootloader, double seconds, bool givenUp)
    {
        var refused = Apply(Queued(), Grant(), Bonds, Ended(1, inBootloader ? DfuError.BondedElsewhere : DfuError.PairingRefused, at: 0));
        var (state, _) = DeviceMachine.Apply(refused, Waited(seconds) with { HeardByOthers = true, InBootloader = inBootloader }, Policy);
        Assert.Equal(givenUp ? DeviceOutcome.Failed : DeviceOutcome.Pending, state.Outcome);
    }

    [Fact]
    public void A_retry_asks_every_adapter_again()
    {
        var failed = Apply(
            Queued(), Grant(), Bonds, Ended(1, DfuError.PairingRefused, at: 0), Waited(11) with { HeardByOthers = true },
            new DeviceEvent.RetryRequested(At(12), 1));
        Assert.Empty(failed.BondRefusals);
    }

    /// <summary>The scheduler knows adapters by numbers, and who may not have the device is not taken for silence of everybody.</summary>
    [Fact]
    public void Who_hears_it_and_may_not_have_it_is_told_apart_from_silence()
    {
        var heard = new HeardDevices();
        heard.AddTarget(Application, isApplication: true);
        heard.Correct(Application, Application, Application, settled: true);
        heard.Hear(1, new Advertisement(Application, AddressType.Random, -60, "DfuTarg", true, true), At(5), out _);
        var device = Queued() with { Bootloader = Application, BondedWith = "a" };
        var waited = new Air(T0).Around(device, heard, T0, static name => name == "a" ? 0 : 1, At(6));
        Assert.Equal((null, true, true), (waited.LastHeard, waited.HeardByOthers, waited.InBootloader));
        waited = new Air(T0).Around(device with { BondedWith = "b" }, heard, T0, static name => name == "a" ? 0 : 1, At(6));
        Assert.Equal((At(5), false), (waited.LastHeard, waited.HeardByOthers));
        waited = new Air(T0).Around(device, heard, T0, static _ => null, At(6)); // its adapter is not known here
        Assert.Equal((null, true), (waited.LastHeard, waited.HeardByOthers));
    }
}
