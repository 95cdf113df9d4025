using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>What holds for a device whatever happens to it and in whatever order, events of attempts long over included.</summary>
public sealed class DeviceModelTests
{
    private static readonly FleetPolicy Policy = new() { Campaign = new() { MaxFruitlessAttempts = 3, MaxAttempts = 6 } };
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly BluetoothAddress Application = BluetoothAddress.Parse("C0:00:00:00:00:10");

    private static readonly DfuError[] Errors =
    [
        DfuError.None, DfuError.LinkLost, DfuError.ConnectTimeout, DfuError.AdapterLost, DfuError.AdapterFull, DfuError.Interrupted, DfuError.Cancelled,
        DfuError.VersionRefused, DfuError.VerificationFailed, DfuError.DataPathStuck, DfuError.Unexpected,
    ];

    /// <param name="Late">How many attempts ago it was sent; -1 is one that was never granted.</param>
    private sealed record Step(int Kind, int Late, int Image, int Number, double Seconds);

    [Property(MaxTest = 300)]
    public Property Done_is_final_attempts_only_grow_and_an_outcome_is_reported_once()
    {
        return Prop.ForAll(Steps(), steps =>
        {
            var state = DeviceState.New(Application, [50_000, 100_000], T0);
            var (at, lent) = (T0, false);
            foreach (var step in steps)
            {
                at += TimeSpan.FromSeconds(step.Seconds);
                var e = Event(step, state, at);
                var (next, effects) = DeviceMachine.Apply(state, e, Policy);
                if (step.Late != 0 && OfAnAttempt(step.Kind)) Assert.Same(state, next);
                if (ReferenceEquals(state, next)) Assert.Empty(effects);
                Assert.Equal(state.Attempt + (e is DeviceEvent.Granted && !ReferenceEquals(state, next) ? 1 : 0), next.Attempt);
                var ended = state.Phase != DevicePhase.Done && next.Phase == DevicePhase.Done;
                Assert.Equal(ended ? 1 : 0, effects.OfType<DeviceEffect.ReportOutcome>().Count());
                Assert.Equal(next.Phase == DevicePhase.Done, next.Outcome != DeviceOutcome.Pending);
                if (state.Phase == DevicePhase.Done && e is not DeviceEvent.RetryRequested) Assert.Same(state, next);
                if (e.IsCheckpoint) Assert.All(effects, effect => Assert.True(effect is DeviceEffect.LendSlot or DeviceEffect.RetakeSlot));
                lent = FollowSlot(lent, next, effects);
                Assert.True(WhatWakes(next));
                Assert.Null(next.Images[^1].Passed); // what comes last is sent, or the device has failed
                Assert.True(next.Images[next.Image].Passed is null || next.Phase != DevicePhase.Queued, "a part that was passed over is asked again");
                if (!ReferenceEquals(state, next)) AssertStored(next);
                state = next;
            }

            // Silence alone ends every wait, and the end of its attempt everything else.
            if (state.Running) state = DeviceMachine.Apply(state, new DeviceEvent.Interrupted(state.Attempt, at), Policy).Next;
            for (var second = 0; second <= 400; second++)
                state = DeviceMachine.Apply(state, new DeviceEvent.Waited(at.AddSeconds(second), null, false, at, null), Policy).Next;
            Assert.Equal(DevicePhase.Done, state.Phase);
        });
    }

    /// <summary>A slot is lent only by an attempt that holds it; taking back what was not lent changes nothing.</summary>
    private static bool FollowSlot(bool lent, DeviceState next, IEnumerable<DeviceEffect> effects)
    {
        foreach (var effect in effects)
        {
            if (effect is DeviceEffect.LendSlot)
            {
                Assert.False(lent);
                lent = true;
            }
            else if (effect is DeviceEffect.RetakeSlot)
            {
                lent = false;
            }
        }

        return lent && next.Running;
    }

    private static bool WhatWakes(DeviceState state) => state.Phase switch
    {
        DevicePhase.Done or DevicePhase.Queued => state.NotBefore is null,
        DevicePhase.BackingOff => state.NotBefore is not null,
        _ => state.Adapter is not null && DeviceMachine.Outstanding(state).Length == 1,
    };

    private static bool OfAnAttempt(int kind) => kind is >= 1 and <= 12;

    private static DeviceEvent Event(Step step, DeviceState state, DateTimeOffset at)
    {
        var attempt = state.Attempt - step.Late;
        var offset = step.Number % 26 * 4096L;
        return step.Kind switch
        {
            0 => new DeviceEvent.Granted(attempt + 1, "a", 1, new(Application.Bootloader, AddressType.Random, -60, "DfuTarg", true, true), Application,
                Application.Bootloader, step.Number % 2 == 0, at),
            1 => new DeviceEvent.PhaseChanged(attempt, (DevicePhase)(1 + (step.Number % 8)), at),
            2 => new DeviceEvent.Identified(attempt, Application, Application.Bootloader),
            3 => new DeviceEvent.ImageStarted(attempt, step.Image),
            4 => new DeviceEvent.Resumed(attempt, step.Image, new(offset, offset / 2, (Diagnosis)(step.Number % Enum.GetValues<Diagnosis>().Length))),
            5 => new DeviceEvent.Confirmed(attempt, step.Image, offset, 7, new(offset, offset), at),
            6 => new DeviceEvent.Saved(attempt, step.Image, offset),
            7 => new DeviceEvent.LastExecute(attempt, step.Image, at),
            8 => new DeviceEvent.ImageActivated(attempt, step.Image, step.Number % 2 == 0, at),
            9 => new DeviceEvent.Restarted(attempt, step.Image, at),
            10 => new DeviceEvent.Ended(attempt, Errors[step.Number % Errors.Length], "x", step.Number % 2 == 0, new(offset, offset), at),
            11 => new DeviceEvent.Interrupted(attempt, at),
            12 => new DeviceEvent.ImagePassed(attempt, step.Image, Errors[step.Number % Errors.Length], "x", "y", at),
            13 => new DeviceEvent.Waited(at, step.Number % 2 == 0 ? at : null, step.Number % 3 == 0, at, null),
            14 => new DeviceEvent.Waited(at, null, false, null, at.AddSeconds(-step.Number)),
            15 => new DeviceEvent.CancelRequested(at, state.Run),
            _ => new DeviceEvent.RetryRequested(at, state.Run + 1),
        };
    }

    private static Arbitrary<Step[]> Steps()
    {
        var step =
            from kind in Gen.Frequency((4, Gen.Constant(0)), (20, Gen.Choose(1, 12)), (3, Gen.Constant(13)), (1, Gen.Choose(14, 16)))
            from late in Gen.Frequency((8, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(-1)))
            from image in Gen.Choose(-1, 2)
            from number in Gen.Choose(0, 200)
            from seconds in Gen.Elements(0, 0.3, 2, 40)
            select new Step(kind, late, image, number, seconds);
        return step.ArrayOf(60).ToArbitrary();
    }

    private static void AssertStored(DeviceState state)
    {
        var stored = FleetJson.Write(state);
        Assert.Equal(stored, FleetJson.Write(FleetJson.Read<DeviceState>(stored)));
    }
}
