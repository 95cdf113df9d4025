using Dfu.Adapters.Simulated;
using Dfu.Benchmarks;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>EXECUTEs that are sent twice, because the flash is held up or an answer is lost.</summary>
public sealed class LateExecuteTests
{
    private const int Object = 4096;

    /// <summary>
    /// Where the first answer comes just after the second EXECUTE was sent, that one waits behind the save that the first began. Sent before the last object,
    /// it must not find that whole: the device would activate, and where the link is lost then, nobody would have recorded that it was told to.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_saving_bootloader_activates_only_when_that_was_recorded(int objectsBefore)
    {
        for (var stall = 0; stall <= 1200; stall += 5)
        {
            var recorded = false;
            var scenario = new Scenario
            {
                Package = TestPackages.Application((objectsBefore * Object) + 900),
                Options = Device(BootloaderProfile.Sdk17Saving),
                Hint = new TransferHint { Traits = new() { WritesAfterExecute = true, Pacing = Pacing.Initial.AfterClean(afterSave: false) } },
                OnLastExecute = scenario => recorded = scenario.Device.Counters.Activations == 0,
                Wrap = (scenario, link, number) =>
                    number > 1 ? link : new StallingLink(link, scenario, objectsBefore, TimeSpan.FromMilliseconds(stall)),
            }.Run();
            Assert.True(scenario.HasImage, scenario.ToString());
            Assert.True(recorded, $"a stall of {stall} ms: {scenario}");
        }
    }

    /// <summary>
    /// Where every first answer to an EXECUTE is lost, none before the last object tells whether another waits. That ends with the link: the next one begins
    /// with an EXECUTE of its own, and the device goes on where it was.
    /// </summary>
    [Fact]
    public void A_link_over_which_every_EXECUTE_is_sent_twice_ends_before_the_last_object()
    {
        HalfDeafLink? first = null;
        var scenario = new Scenario
        {
            Package = TestPackages.Application((2 * Object) + 900),
            Options = Device(BootloaderProfile.Sdk17Saving),
            Hint = new TransferHint { Traits = new() { WritesAfterExecute = true, Pacing = Pacing.Initial.AfterClean(afterSave: false) } },
            Wrap = (scenario, link, number) => number > 1 ? link : first = new HalfDeafLink(link, scenario, objects: 2),
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal([DfuError.RequestTimeout], scenario.Errors);
        Assert.Equal((2, 1, 0), (scenario.Device.Counters.Connects, scenario.Device.Counters.Activations, scenario.Resent));
        Assert.InRange(first!.DeafFor, TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(46));
    }

    /// <summary>What an EXECUTE takes that finds the flash idle says nothing of a save: the one behind a save is not sent twice for it.</summary>
    [Fact]
    public void Nothing_is_executed_twice_where_every_answer_comes()
    {
        const int Objects = 30;
        var scenario = new Scenario
        {
            Package = TestPackages.Application(Objects * Object),
            Options = Device(BootloaderProfile.Sdk17),
            Transfer = new TransferOptions { SaveEvery = 4 },
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal(7, scenario.Recorder.Saves);
        Assert.Equal(Objects + 2 + 7, scenario.Device.Counters.Executes); // two that measure, and the barrier of each save
    }

    /// <summary>The answer to an EXECUTE that was sent twice comes late, and the last EXECUTE is lost: the one is not the answer to the other.</summary>
    [Fact]
    public void What_came_before_the_last_EXECUTE_is_no_answer_to_it()
    {
        LateAnswerLink? current = null;
        var scenario = new Scenario
        {
            Package = TestPackages.Application((2 * Object) + 900),
            Options = Device(BootloaderProfile.Sdk17),
            OnLastExecute = _ => current!.AnswerLate(),
            Wrap = (_, link, number) => number > 1 ? link : current = new LateAnswerLink(link),
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        Assert.Equal((1, 1), (scenario.Device.Counters.Connects, scenario.Device.Counters.Activations));
    }

    private static VirtualDeviceOptions Device(BootloaderProfile profile) => new()
    {
        ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
        Profile = profile,
        RequireSigned = false,
    };

    /// <summary>An answer of success that was on its way comes before the last EXECUTE is written, which then is lost.</summary>
    private sealed class LateAnswerLink : WrappedLink
    {
        private static readonly byte[] Success = [OpCode.Response, OpCode.Execute, (byte)ResultCode.Success];
        private bool _loses;

        public LateAnswerLink(IDfuLink inner)
            : base(inner) => _ = PassOnAsync();

        public void AnswerLate()
        {
            Pass(new LinkNotification(DfuCharacteristic.ControlPoint, Success));
            _loses = true;
        }

        public override Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            if (!_loses || value.Span[0] != OpCode.Execute) return base.WriteAsync(characteristic, value, cancellationToken);
            _loses = false;
            return Task.CompletedTask;
        }
    }

    /// <summary>From the EXECUTE of an object on the first answer to each EXECUTE is lost, for three minutes.</summary>
    private sealed class HalfDeafLink : WrappedLink
    {
        private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
        private readonly Scenario _scenario;
        private readonly int _objects;
        private long? _began;
        private bool _passes = true;

        public HalfDeafLink(IDfuLink inner, Scenario scenario, int objects)
            : base(inner)
        {
            (_scenario, _objects) = (scenario, objects);
            _ = PassOnAsync();
        }

        /// <summary>From the first answer that was lost to the last of all.</summary>
        public TimeSpan DeafFor { get; private set; }

        protected override void OnNotification(LinkNotification notification)
        {
            var isDeaf = notification.Value.Span[1] == OpCode.Execute && _scenario.Device.Counters.Creates == _objects;
            if (isDeaf) DeafFor = _scenario.Time.GetElapsedTime(_began ??= _scenario.Time.GetTimestamp());
            if (isDeaf && DeafFor < Longest && !(_passes = !_passes)) return;
            Pass(notification);
        }
    }

    /// <summary>The flash stands still for a time, from the EXECUTE of one object on; the link drops before the device says what it has of the next.</summary>
    private sealed class StallingLink : WrappedLink
    {
        private readonly Scenario _scenario;
        private readonly int _objects;
        private readonly TimeSpan _stall;
        private bool _stalled;
        private bool _cut;

        public StallingLink(IDfuLink inner, Scenario scenario, int objects, TimeSpan stall)
            : base(inner)
        {
            (_scenario, _objects, _stall) = (scenario, objects, stall);
            _ = PassOnAsync();
        }

        public override Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            if (value.Span[0] == OpCode.Execute && _scenario.Device.Counters.Creates == _objects && !_stalled) _ = StallAsync();
            return base.WriteAsync(characteristic, value, cancellationToken);
        }

        protected override void OnNotification(LinkNotification notification)
        {
            _cut |= notification.Value.Span[1] == OpCode.GetCrc && _scenario.Device.Counters.Creates > _objects;
            if (_cut) _scenario.Device.CutLink();
            else Pass(notification);
        }

        private async Task StallAsync()
        {
            _stalled = true;
            _scenario.Device.StallFlash(true);
            await Task.Delay(_stall, _scenario.Time);
            _scenario.Device.StallFlash(false);
        }
    }
}
