using Dfu.Fleet.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dfu.Fleet.Tests.Adapters;

/// <summary>What holds for an adapter whatever happens to it and in whatever order, events of epochs long over included.</summary>
public sealed class AdapterModelTests
{
    private static readonly FleetPolicy Policy = new();
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly DfuError[] Errors = [DfuError.None, DfuError.ConnectTimeout, DfuError.ConnectFailed, DfuError.AdapterFull, DfuError.AdapterLost,
        DfuError.Cancelled];

    private sealed record Step(int Kind, bool Late, int Device, int Number, double Seconds);

    [Property(MaxTest = 300)]
    public Property Slots_never_leak_and_something_always_brings_it_back()
    {
        return Prop.ForAll(Steps(), steps =>
        {
            var state = new AdapterState { Id = "a" };
            var at = T0;
            var pending = new List<AdapterEffect>();
            Take(new AdapterEvent.OpenRequested(at));
            foreach (var step in steps)
            {
                at += TimeSpan.FromSeconds(step.Seconds);
                var before = state;
                Take(Event(step, state, pending, at));
                if (step.Late && step.Kind is (>= 3 and <= 8) or 11) Assert.Same(before, state);
            }

            // Left alone with radios that open and hear, and resumed, it is ready again.
            Take(new AdapterEvent.Controlled(state.Controls + 1, new(AdapterControlKind.Resume, "me"), 0, at, at));
            for (var second = 0; second < 200; second++)
            {
                at = at.AddSeconds(1);
                foreach (var effect in pending.ToArray()) Take(Answer(effect, true, at));
                Take(new AdapterEvent.Tick(at));
            }

            Assert.Equal((AdapterStatus.Ready, true), (state.Status, state.HeldBy is null));
            return;

            void Take(AdapterEvent e)
            {
                var (next, effects) = AdapterMachine.Apply(state, e, Policy);
                pending.RemoveAll(effect => Answers(e, effect));
                pending.AddRange(effects.Where(effect => effect is AdapterEffect.Open or AdapterEffect.Recover or AdapterEffect.SelfTest));
                Assert.InRange(next.Epoch, state.Epoch, state.Epoch + 1);
                Assert.Equal(next.Slots.Length, next.Slots.Distinct().Count());
                Assert.True(next.Connecting is null || next.Slots.Contains(next.Connecting));
                if (next.HeldBy is not null) Assert.Equal(0, next.Free);
                Assert.True(next.Slots.IsEmpty || next.Status is AdapterStatus.Ready or AdapterStatus.Draining);
                Assert.InRange(next.Limit.Current, 1, Math.Max(1, next.Limit.Ceiling));
                var dropped = state.Slots.Except(next.Slots).ToArray();
                if (e is not AdapterEvent.SlotFreed) Assert.Equal(dropped, effects.OfType<AdapterEffect.HandOver>().Select(effect => effect.Slot));
                if (e is AdapterEvent.SlotTaken && next.Slots.Length > state.Slots.Length) Assert.Equal(AdapterStatus.Ready, state.Status);
                Assert.True(WhatWakes(next, pending));
                if (!ReferenceEquals(state, next)) AssertStored(next);
                state = next;
            }
        });
    }

    private static bool WhatWakes(AdapterState state, List<AdapterEffect> pending) => state.Status switch
    {
        AdapterStatus.Ready => true,
        AdapterStatus.Draining => state.DrainUntil is not null,
        AdapterStatus.Testing => state.TestUntil is not null,
        _ => state.RetryAt is not null || pending.Exists(
            effect => effect is AdapterEffect.Open open ? open.Epoch == state.Epoch : effect is AdapterEffect.Recover r && r.Epoch == state.Epoch),
    };

    private static bool Answers(AdapterEvent e, AdapterEffect effect) => (e, effect) switch
    {
        (AdapterEvent.Opened o, AdapterEffect.Open open) => o.Epoch == open.Epoch,
        (AdapterEvent.OpenFailed f, AdapterEffect.Open open) => f.Epoch == open.Epoch,
        (AdapterEvent.Recovered r, AdapterEffect.Recover recover) => r.Epoch == recover.Epoch,
        (AdapterEvent.SelfTested t, AdapterEffect.SelfTest test) => (t.Epoch, t.Test) == (test.Epoch, test.Test),
        _ => false,
    };

    private static AdapterEvent Answer(AdapterEffect effect, bool good, DateTimeOffset at) => effect switch
    {
        AdapterEffect.Open open when good => new AdapterEvent.Opened(open.Epoch, "dongle", 4, at),
        AdapterEffect.Open open => new AdapterEvent.OpenFailed(open.Epoch, "not there", at),
        AdapterEffect.Recover recover => new AdapterEvent.Recovered(recover.Epoch, recover.Step, good, at),
        AdapterEffect.SelfTest test => new AdapterEvent.SelfTested(test.Epoch, test.Test, new(TimeSpan.FromSeconds(5), good ? 3 : 0, true), at, at),
        _ => new AdapterEvent.Tick(at),
    };

    private static AdapterEvent Event(Step step, AdapterState state, List<AdapterEffect> pending, DateTimeOffset at)
    {
        var epoch = state.Epoch - (step.Late ? 1 : 0);
        var device = new BluetoothAddress((ulong)step.Device);
        return step.Kind switch
        {
            0 or 1 => pending.Count > 0 ? Answer(pending[step.Number % pending.Count], step.Kind == 0, at) : new AdapterEvent.Tick(at),
            2 => new AdapterEvent.Tick(at),
            3 => new AdapterEvent.Lost(epoch, "pulled out", at),
            4 => new AdapterEvent.SlotTaken(epoch, state.Turn + 1, device, 1),
            5 => new AdapterEvent.SlotFreed(epoch, state.Turn + 1, device, 1, at),
            6 => new AdapterEvent.ConnectStarted(epoch, state.ConnectsBegun + 1, device, 1),
            7 => new AdapterEvent.ConnectEnded(epoch, state.ConnectsEnded + 1, device, 1, Errors[step.Number % Errors.Length], at),
            8 => new AdapterEvent.ServedElsewhere(epoch, device, 1, at),
            9 => new AdapterEvent.Controlled(state.Controls + 1, new((AdapterControlKind)(step.Number % 4), "me"), state.Slots.Length, at, at),
            10 => new AdapterEvent.AuditTaken([.. state.Untold.Select(entry => entry.Id)]),
            _ => new AdapterEvent.Measured(epoch, new(step.Number % 9, step.Number, step.Number % 4, 5, step.Number % 3 > 0), at),
        };
    }

    private static Arbitrary<Step[]> Steps()
    {
        var step =
            from kind in Gen.Frequency((3, Gen.Choose(0, 1)), (3, Gen.Constant(2)), (1, Gen.Constant(3)), (16, Gen.Choose(4, 8)), (2, Gen.Choose(9, 11)))
            from late in Gen.Frequency((8, Gen.Constant(false)), (1, Gen.Constant(true)))
            from device in Gen.Choose(1, 4)
            from number in Gen.Choose(0, 200)
            from seconds in Gen.Elements(0, 0.3, 1, 8, 40)
            select new Step(kind, late, device, number, seconds);
        return step.ArrayOf(80).ToArbitrary();
    }

    private static void AssertStored(AdapterState state)
    {
        var stored = FleetJson.Write(state);
        Assert.Equal(stored, FleetJson.Write(FleetJson.Read<AdapterState>(stored)));
    }
}
