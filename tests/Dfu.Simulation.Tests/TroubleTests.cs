using System.IO.Hashing;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>
/// Everything that goes wrong on the air, at random and at once: it always ends with the right image, and an init packet the device holds
/// is never sent again.
/// </summary>
public sealed class TroubleTests
{
    private static readonly int[] Sizes = [4, 8, 244, 4092, 4096, 4100, 2 * 4096, (5 * 4096) + 1500, 20 * 4096, (37 * 4096) + 20];
    private static readonly DfuPackage[] Packages = [.. Sizes.Select(size => TestPackages.Application(size))];
    private static readonly DfuPackage Parts = TestPackages.All(softDevice: 4 * 4096, bootloader: 4096, application: (3 * 4096) + 100);

    /// <summary>More by setting DFU_FUZZ_SEEDS, e.g. 20000.</summary>
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("DFU_FUZZ_SEEDS"), out var seeds) ? seeds : 300;

    [Fact]
    public void An_update_ends_well_whatever_happens_on_the_air()
    {
        var wrong = new List<string>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var run = new TroubledRun(seed);
            if (run.Execute() is { } what) wrong.Add($"seed {seed}: {what}; {run}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Seeds} seeds went wrong:\n{string.Join('\n', wrong.Take(12))}");
    }

    private sealed class TroubledRun
    {
        private readonly Random _random;
        private readonly Scenario _scenario;
        private readonly double _faults;
        private byte _selected;
        private bool _holdsInit;
        private bool _firstLook;
        private int _faultsLeft = 12;
        private string? _violation;

        public TroubledRun(int seed)
        {
            _random = new Random(seed);
            var profile = BootloaderProfile.All[_random.Next(BootloaderProfile.All.Count)];
            _faults = _random.Next(3) == 0 ? 0 : _random.NextDouble() * 0.02;
            var late = _random.Next(3) == 0 ? 0.02 : 0;
            var doubled = _random.Next(3) == 0 ? 0.05 : 0;
            var overtakes = _random.Next(4) == 0;
            _scenario = new Scenario
            {
                Package = _random.Next(6) == 0 ? Parts : Packages[_random.Next(Packages.Length)],
                Seed = seed,
                MaxAttempts = 100,
                Options = new VirtualDeviceOptions
                {
                    ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
                    Profile = profile,
                    RequireSigned = false,
                    Chip = _random.Next(2) == 0 ? ChipModel.Nrf52840 : ChipModel.Nrf52832,
                    RadioDeafDuringErase = _random.Next(2) == 0,

                    // Not on SDK 12 to 14: power lost just after the last answer brings an old application back, and nothing shows it (see CutTests).
                    StartsInApplication = profile.Name is not ("sdk12" or "sdk13" or "sdk14") && _random.Next(2) == 0,
                },
                Link = new LinkModel
                {
                    Interval = TimeSpan.FromMilliseconds(new[] { 7.5, 15, 30, 50 }[_random.Next(4)]),
                    PacketsPerEvent = _random.Next(1, 7),
                    Mtu = new[] { 23, 50, 100, 185, 247, 517 }[_random.Next(6)],
                    PacketLoss = _random.Next(2) * 0.1 * _random.NextDouble(),
                    DropRate = _random.Next(2) * 0.2 * _random.NextDouble(),
                },
                Adapter = new AdapterModel { ConnectFailureRate = _random.Next(2) * 0.2 },
                Transfer = new TransferOptions { MaxObjectsBetweenSaves = _random.Next(1, 17) },
                Hint = new TransferHint { Probe = _random.Next(4) == 0 },
                Wrap = (run, link, _) =>
                {
                    (_firstLook, _holdsInit) = (true, false);
                    return new TroubledLink(
                        link,
                        _random,
                        run.Time,
                        new Trouble
                        {
                            Late = late,
                            Doubled = doubled,
                            Overtakes = overtakes,
                            OnRequest = OnRequest,
                            OnAnswer = OnAnswer,
                            OnPacket = () => Strike(0.1),
                        });
                },
            };
        }

        public string? Execute()
        {
            try
            {
                _scenario.Run();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                return $"{e.GetType().Name} {e.Message}";
            }

            if (_violation is not null) return _violation;
            if (!_scenario.HasImage) return "the image on the device is not the package's";
            if (_scenario.Options.Profile == BootloaderProfile.Sdk17 && _scenario.Recorder.Believed.Overlaps([Keeps.Objects, Keeps.Ram]))
                return "was taken for a bootloader that keeps objects or RAM";
            return _scenario.Time.Elapsed > TimeSpan.FromHours(1) ? $"took {_scenario.Time.Elapsed}" : null;
        }

        public override string ToString() =>
            $"{_scenario.Options.Profile}, MTU {_scenario.Link.Mtu}, {_scenario.Package.Images[^1].Firmware.Length} bytes, "
            + $"{_scenario.Time.Elapsed}, faults {_faults:0.000}, {_scenario}";

        private void OnRequest(byte[] request)
        {
            Strike(1);
            if (request[0] == OpCode.Select) _selected = request[1];
            if (request is not [OpCode.Create, (byte)ObjectType.Command, ..]) return;
            if (_holdsInit && _scenario.Recorder.Resumes is not [.., { Diagnosis: Diagnosis.Corrupt }])
                _violation ??= $"CREATE(command) although the device holds this init packet, after {_scenario.Device.Counters.Connects} connects";
            _holdsInit = false;
        }

        private void OnAnswer(byte[] answer)
        {
            Strike(1);
            if (!_firstLook || _selected != (byte)ObjectType.Command || answer is not [OpCode.Response, OpCode.Select, 1, ..]) return;
            _firstLook = false;
            var init = _scenario.Package.Images[Math.Min(_scenario.Recorder.Image, _scenario.Package.Images.Count - 1)].InitPacket.Span;
            _holdsInit = BitConverter.ToInt32(answer, 7) == init.Length && BitConverter.ToUInt32(answer, 11) == Crc32.HashToUInt32(init);
        }

        private void Strike(double weight)
        {
            if (_faultsLeft == 0 || _random.NextDouble() >= _faults * weight) return;
            _faultsLeft--;
            var device = _scenario.Device;
            switch (_random.Next(8))
            {
                case 0 or 1:
                    device.CutLink();
                    break;
                case 2:
                    device.PowerCycle(holdsBootloader: true);
                    break;
                case 3:
                    device.FireInactivity();
                    break;
                case 4:
                    _ = ForAWhileAsync(device.StallFlash);
                    break;
                case 5:
                    _ = ForAWhileAsync(device.BusyMainLoop);
                    break;
                case 6:
                    device.LoseNotification(_random.Next(3));
                    break;
                default:
                    device.LoseRequest(_random.Next(3));
                    break;
            }
        }

        private async Task ForAWhileAsync(Action<bool> trouble)
        {
            trouble(true);
            await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 3), _scenario.Time);
            trouble(false);
        }
    }
}
