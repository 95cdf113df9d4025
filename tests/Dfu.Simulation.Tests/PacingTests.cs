using Dfu.Adapters.Simulated;
using Dfu.Benchmarks;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>A host that is slow for a moment measures a saving bootloader wrong; what that costs.</summary>
public sealed class PacingTests
{
    private const int Objects = 40;
    private const int Object = 4096;

    /// <summary>The EXECUTEs of the init packet and of the first object come before the two that are timed.</summary>
    private const int IdleExecute = 4;

    [Fact]
    public void A_flash_that_a_late_answer_made_look_idle_is_measured_again_after_one_short_object()
    {
        var scenario = Saving(lateExecute: IdleExecute).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(Object, scenario.Resent);
        Assert.True(scenario.Recorder.Traits.WritesAfterExecute);
        Assert.Equal(Object, scenario.Device.Counters.OverrunBytes);
    }

    [Fact]
    public void A_flash_that_was_measured_right_loses_nothing()
    {
        var scenario = Saving(lateExecute: 0).Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.True(scenario.Recorder.Traits.WritesAfterExecute);
        Assert.Equal((0, 0), (scenario.Resent, scenario.Device.Counters.OverrunBytes));
    }

    /// <summary>Flash three times as slow as Nordic's chips have it: a few objects show it, and at most 5 % is sent again.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_flash_that_is_far_slower_than_any_known_is_found_within_a_few_objects(bool saving, bool deaf)
    {
        var scenario = new Scenario
        {
            Package = TestPackages.Application(50 * Object),
            Options = new VirtualDeviceOptions
            {
                ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
                Profile = saving ? BootloaderProfile.Sdk17Saving : BootloaderProfile.Sdk17,
                Chip = ChipModel.Nrf52840 with { PageErase = TimeSpan.FromMilliseconds(300), WordWrite = TimeSpan.FromMicroseconds(120) },
                RadioDeafDuringErase = deaf,
                RequireSigned = false,
            },
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.InRange(scenario.Resent, 0, 50 * Object / 20);
        Assert.InRange(scenario.Device.Counters.Executes, 50, 66); // with those that measure, and the barriers of saves
    }

    private static Scenario Saving(int lateExecute) => new()
    {
        Package = TestPackages.Application(Objects * Object),
        Options = new VirtualDeviceOptions
        {
            ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
            Profile = BootloaderProfile.Sdk17Saving,
            RequireSigned = false,
        },
        Wrap = (scenario, link, _) => new LateLink(link, lateExecute, scenario.Time),
    };

    /// <summary>Passes one EXECUTE's answer on late.</summary>
    private sealed class LateLink : WrappedLink
    {
        private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(200);

        private readonly int _lateExecute;
        private readonly TimeProvider _time;
        private int _executes;

        public LateLink(IDfuLink inner, int lateExecute, TimeProvider time)
            : base(inner)
        {
            (_lateExecute, _time) = (lateExecute, time);
            _ = PassOnAsync();
        }

        protected override void OnNotification(LinkNotification notification)
        {
            if (notification.Value.Span is [OpCode.Response, OpCode.Execute, ..] && ++_executes == _lateExecute) _ = PassLateAsync(notification);
            else Pass(notification);
        }

        private async Task PassLateAsync(LinkNotification notification)
        {
            await Task.Delay(Late, _time);
            Pass(notification);
        }
    }
}
