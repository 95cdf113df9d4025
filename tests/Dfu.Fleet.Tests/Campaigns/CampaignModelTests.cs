using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>What holds for a campaign whatever happens in whatever order, everything twice included.</summary>
public sealed class CampaignModelTests
{
    private static readonly FleetPolicy Policy = new();
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private sealed record Step(int Kind, int Device, int Number, double Seconds);

    [Property(MaxTest = 300)]
    public Property It_ends_when_every_device_has_ended_says_so_once_and_stays_ended()
    {
        var inputs =
            from steps in Steps()
            from count in Gen.Elements(0, 2, 6)
            from collects in Gen.Elements(true, false)
            select (steps, count, collects);
        return Prop.ForAll(inputs.ToArbitrary(), input =>
        {
            BluetoothAddress[] given = [new(1), new(2)];
            var state = new CampaignState
            {
                Id = "c",
                PackageId = "p",
                Targets = "t",
                ImageSizes = [100_000],
                HwVersion = 52,
                All = input.collects,
                Count = input.collects && input.count > 0 ? input.count : null,
                ScanTime = TimeSpan.FromSeconds(10),
                Stage = input.collects ? CampaignStage.Collecting : CampaignStage.Running,
                Devices = input.collects ? [] : [.. given],
                RunStartedAt = T0,
            };
            var at = T0;
            foreach (var step in input.steps)
            {
                at += TimeSpan.FromSeconds(step.Seconds);
                Take(Event(step, state, at));
            }

            // Once nothing holds it, time and the devices' ends finish it.
            Take(new CampaignEvent.Controlled(state.Changes + 1, new(CampaignControlKind.Resume, "olaf"), at));
            Take(new CampaignEvent.Tick(at.AddMinutes(30)));
            foreach (var device in state.Devices) Take(new CampaignEvent.DeviceEnded(device, DeviceOutcome.Updated, DfuError.None, state.Run));
            Assert.Equal(CampaignStage.Finished, state.Stage);
            return;

            void Take(CampaignEvent e)
            {
                var (next, effects) = CampaignMachine.Apply(state, e, Policy);
                var ends = next.Stage == CampaignStage.Finished && state.Stage != CampaignStage.Finished;
                Assert.Equal(ends ? 1 : 0, effects.OfType<CampaignEffect.Finished>().Count());
                if (state.Stage == CampaignStage.Finished && e is not (CampaignEvent.TakenUp or CampaignEvent.Controlled))
                    Assert.Equal(CampaignStage.Finished, next.Stage);
                Assert.Equal(next.Stage == CampaignStage.Finished, next.Outcome != CampaignOutcome.Running);
                Assert.Equal(next.Devices.Length, next.Devices.Distinct().Count());
                Assert.Equal(next.Devices.Except(state.Devices), effects.OfType<CampaignEffect.AddDevice>().Select(add => add.Device));
                Assert.True(!(next.Count < next.Devices.Length));
                Assert.All(next.Results.Keys, device => Assert.Contains(device, next.Devices));
                Assert.True(next.Stage != CampaignStage.Finished || next.Results.Count == next.Devices.Length);
                if (!ReferenceEquals(state, next)) AssertStored(next);
                state = next;
            }
        });
    }

    private static CampaignEvent Event(Step step, CampaignState state, DateTimeOffset at)
    {
        var device = new BluetoothAddress((ulong)step.Device);
        return step.Kind switch
        {
            0 => new CampaignEvent.DeviceHeard(state.Run, device, at),
            1 => new CampaignEvent.Listening(state.Run, at),
            2 => new CampaignEvent.Tick(at),
            3 or 4 => new CampaignEvent.DeviceEnded(
                device, step.Number % 4 == 0 ? DeviceOutcome.Failed : DeviceOutcome.Updated, DfuError.None, Math.Max(0, state.Run - (step.Number % 3))),
            5 => new CampaignEvent.Tick(at),
            6 => new CampaignEvent.TraitsLearned(
                device, new BootloaderTraits { InitMax = step.Number % 2 == 0 ? 256 : 512, Mtu = 247, Keeps = (Keeps)(step.Number % 4) }),
            7 => new CampaignEvent.ProbeStarted(device, step.Number),
            8 => new CampaignEvent.ProbeEnded(device, state.Prober?.Attempt ?? 0),
            9 => new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(step.Number), step.Number % 2 == 0),
            10 => new CampaignEvent.TakenUp(state.Run + 1, at),
            11 => new CampaignEvent.RunStarted(state.Run + 1, at),
            12 => new CampaignEvent.CancelRequested(state.Run),
            _ => new CampaignEvent.Controlled(
                state.Changes + 1, new((CampaignControlKind)(step.Number % 6), "olaf") { Cut = step.Number % 4 == 0, Devices = [device] }, at),
        };
    }

    private static Gen<Step[]> Steps()
    {
        var step =
            from kind in Gen.Frequency((20, Gen.Choose(0, 9)), (3, Gen.Choose(10, 13)))
            from device in Gen.Choose(1, 8)
            from number in Gen.Choose(0, 200)
            from seconds in Gen.Elements(0, 0.3, 4, 60)
            select new Step(kind, device, number, seconds);
        return step.ArrayOf(60);
    }

    private static void AssertStored(CampaignState state)
    {
        var stored = FleetJson.Write(state);
        Assert.Equal(stored, FleetJson.Write(FleetJson.Read<CampaignState>(stored)));
    }
}
