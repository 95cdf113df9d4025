using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

public sealed class RetriesTests
{
    [Theory]
    [InlineData(DfuError.SignatureRefused, RetryClass.Never)]
    [InlineData(DfuError.HashMismatch, RetryClass.Never)]
    [InlineData(DfuError.LinkLost, RetryClass.Soon)]
    [InlineData(DfuError.RequestTimeout, RetryClass.Soon)]
    [InlineData(DfuError.ConnectFailed, RetryClass.Elsewhere)]
    [InlineData(DfuError.ConnectTimeout, RetryClass.Elsewhere)]
    [InlineData(DfuError.AdapterLost, RetryClass.Elsewhere)]
    [InlineData(DfuError.AdapterFull, RetryClass.Elsewhere)]
    [InlineData(DfuError.FlashBusy, RetryClass.Later)]
    [InlineData(DfuError.DataPathStuck, RetryClass.Later)]
    public void The_error_alone_says_whether_and_where_it_is_tried_again(DfuError error, RetryClass expected) =>
        Assert.Equal(expected, Retries.ClassOf(error));

    [Fact]
    public void Every_error_that_may_pass_is_tried_again_and_no_other()
    {
        foreach (var error in Enum.GetValues<DfuError>().Where(static error => error is not (DfuError.None or DfuError.Interrupted)))
            Assert.Equal(error.IsTransient(), Retries.ClassOf(error) != RetryClass.Never);
    }

    [Fact]
    public void Another_adapter_goes_first_after_a_failed_connect_and_none_is_avoided_after_a_drop()
    {
        Assert.Equal("a", Retries.Avoids(Apply(Queued(), Grant(), Ended(1, DfuError.ConnectFailed))));
        Assert.Equal("a", Retries.Avoids(Apply(Queued(), Grant(), Ended(1, DfuError.AdapterLost))));
        Assert.Null(Retries.Avoids(Apply(Queued(), Grant(), Ended(1, DfuError.LinkLost))));
        Assert.Null(Retries.Avoids(Queued()));
    }

    [Fact]
    public void Two_hundred_devices_that_failed_at_once_come_back_one_after_another_each_always_at_the_same_time()
    {
        var policy = new FleetPolicy();
        var pauses = Enumerable.Range(1, 200).Select(n => Retries.Pause(Failed(n), policy)).ToArray();
        Assert.All(pauses, pause => Assert.InRange(pause.TotalSeconds, 0.8, 1.2));
        Assert.InRange(pauses.Average(static pause => pause.TotalSeconds), 0.97, 1.03);
        Assert.All(pauses.GroupBy(static pause => (int)(pause.TotalSeconds / 0.05)), tick => Assert.InRange(tick.Count(), 0, 50));
        Assert.Equal(pauses, Enumerable.Range(1, 200).Select(n => Retries.Pause(Failed(n), policy)));

        static DeviceState Failed(int n) =>
            DeviceState.New(new(0xC0_00_00_00_00_00ul + ((ulong)n * 16)), [1], T0) with { Attempt = 1, Fruitless = 1, Error = DfuError.LinkLost };
    }

    [Fact]
    public void What_was_tried_again_at_once_still_is()
    {
        var policy = new FleetPolicy();
        Assert.Equal(TimeSpan.Zero, Retries.Pause(Queued() with { Error = DfuError.LinkLost }, policy));
        Assert.Equal(TimeSpan.Zero, Retries.Pause(Queued() with { Error = DfuError.FlashBusy }, policy));
        Assert.Equal(TimeSpan.Zero, Retries.Pause(Queued() with { Error = DfuError.AdapterLost, Fruitless = 3 }, policy));
        Assert.Equal(DeviceMachine.Inactivity, Retries.Pause(Queued() with { Error = DfuError.DataPathStuck }, policy));
    }

    [Fact]
    public void A_busy_device_is_left_alone_for_twice_as_long_as_one_whose_link_dropped()
    {
        var policy = new FleetPolicy();
        var (busy, dropped) = (Queued() with { Error = DfuError.FlashBusy, Fruitless = 2 }, Queued() with { Error = DfuError.LinkLost, Fruitless = 2 });
        Assert.Equal(2, Retries.Pause(busy, policy) / Retries.Pause(dropped, policy), 2);
    }

    [Fact]
    public void A_device_that_failed_on_two_adapters_which_served_others_is_said_to_be_the_one_at_fault()
    {
        var state = Fail(Queued(), ["usb-1-1.1", "usb-1-1.2", "usb-1-1.1", "usb-1-1.2", "usb-1-1.1"], servesOthers: true);
        Assert.Equal(DeviceOutcome.Failed, state.Outcome);
        Assert.Equal(
            "5 attempts in a row confirmed nothing; the last: ConnectTimeout; failed on usb-1-1.2 and usb-1-1.1, which served others meanwhile", state.Detail);
    }

    [Fact]
    public void Adapters_that_served_nobody_else_prove_nothing_about_a_device()
    {
        var state = Fail(Queued(), ["a", "b", "a", "b", "a"], servesOthers: false);
        Assert.Equal("5 attempts in a row confirmed nothing; the last: ConnectTimeout", state.Detail);
        Assert.Equal(
            "5 attempts in a row confirmed nothing; the last: ConnectTimeout", Fail(Queued(), ["a", "a", "a", "a", "a"], servesOthers: true).Detail);
    }

    [Fact]
    public void The_last_four_adapters_it_failed_on_are_remembered()
    {
        var state = Fail(Queued(), ["a", "b", "c", "d"], servesOthers: false);
        state = Apply(state, Waited(1e6), Grant(1e6, "e"), Confirmed(5, 4096, 1e6), Ended(5, DfuError.LinkLost, 1e6));
        Assert.Equal(["a", "b", "c", "d"], state.Troubles.Select(trouble => trouble.Adapter));
        Assert.All(state.Troubles, trouble => Assert.Equal((0, 0), (trouble.Fruitless, trouble.Connects)));
        state = Apply(state, Grant(1e6, "e"), Ended(6, DfuError.LinkLost, 1e6));
        Assert.Equal(["b", "c", "d", "e"], state.Troubles.Select(trouble => trouble.Adapter));
    }

    [Fact]
    public void Attempts_on_an_adapter_that_turned_out_bad_do_not_count_not_even_one_that_still_ends()
    {
        var state = Fail(Queued(), ["bad", "bad"], servesOthers: false);
        Assert.Equal((2, 2), (state.Fruitless, state.Failures));
        state = Apply(state, Waited(1e6), Grant(1e6, "bad"), new DeviceEvent.AdapterBlamed("bad", 1, 3));
        Assert.Equal((0, 0), (state.Fruitless, state.Failures));
        Assert.Same(state, Apply(state, new DeviceEvent.AdapterBlamed("bad", 1, 2)));
        state = Apply(state, Ended(3, DfuError.ConnectFailed, 1e6));
        Assert.Equal((DevicePhase.Queued, 0, 0, 1), (state.Phase, state.Fruitless, state.Failures, state.Losses!.Count));
        Assert.Equal("bad", Retries.Avoids(state));

        var next = Apply(state, Grant(1e6, "good"), Ended(4, DfuError.ConnectFailed, 1e6));
        Assert.Equal((1, 1), (next.Fruitless, next.Failures));
    }

    [Fact]
    public void An_adapter_that_turned_out_bad_excuses_no_drop_and_nobody_who_was_never_on_it()
    {
        var dropped = Apply(Queued(), Grant(0, "bad"), Ended(1, DfuError.LinkLost));
        Assert.Equal(1, Apply(dropped, new DeviceEvent.AdapterBlamed("bad", 1, 1)).Fruitless);
        var other = Fail(Queued(), ["good"], servesOthers: false);
        Assert.Same(other, Apply(other, new DeviceEvent.AdapterBlamed("bad", 1, 1)));
    }

    [Fact]
    public void The_adapter_that_could_not_connect_is_told_once_that_another_could()
    {
        var state = Apply(Fail(Queued(), ["a"], servesOthers: false), Waited(1e6), Grant(1e6, "b"));
        var (linked, effects) = DeviceMachine.Apply(state, new DeviceEvent.PhaseChanged(2, DevicePhase.Reconciling, At(1e6)), Policy);
        Assert.Equal(new DeviceEffect.ServedElsewhere("a", 1, 1), Assert.Single(effects));
        Assert.Empty(DeviceMachine.Apply(linked, new DeviceEvent.PhaseChanged(2, DevicePhase.Jumping, At(1e6)), Policy).Effects);
        Assert.DoesNotContain(
            DeviceMachine.Apply(Apply(Queued(), Grant()), new DeviceEvent.PhaseChanged(1, DevicePhase.Reconciling, At(1)), Policy).Effects,
            effect => effect is DeviceEffect.ServedElsewhere);
    }

    private static DeviceState Fail(DeviceState state, string[] adapters, bool servesOthers)
    {
        var at = 0.0;
        foreach (var adapter in adapters)
        {
            at += 100;
            if (state.Phase == DevicePhase.BackingOff) state = Apply(state, Waited(at, heard: at));
            state = Apply(state, Grant(at, adapter));
            state = Apply(state, Ended(state.Attempt, DfuError.ConnectTimeout, at) with { AdapterServedOthers = servesOthers });
        }

        return state;
    }
}
