using Dfu.Adapters.Simulated;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>
/// The link is cut at every point of an update: before and after each control write, after each packet and each notification,
/// on every bootloader, with and without a power cycle. It must always end with the right image activated, and send again
/// no more than what had been sent, less the boundary at or below the offset the device reports after the reconnect.
/// </summary>
public abstract class CutTests(BootloaderProfile profile)
{
    private const int ObjectSize = 4096;
    private const int ImageSize = (3 * ObjectSize) + 1500;
    private static readonly DfuPackage Package = TestPackages.Application(ImageSize);

    [Theory]
    [InlineData(false, 16)]
    [InlineData(true, 16)]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 16, 20_000)]
    public void An_update_cut_anywhere_ends_well(bool powerCycle, int objectsBetweenSaves, int oldApplication = 0)
    {
        var wrong = new List<string>();
        var points = 0;
        for (var point = 1; ; point++)
        {
            var run = new CutRun(profile, point, powerCycle, objectsBetweenSaves, oldApplication);
            var what = run.Execute();
            if (!run.WasCut) break;
            points++;
            if (what is not null) wrong.Add($"point {point}: {what}; {run}");
        }

        Assert.True(points > 100, $"only {points} points were found");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {points} points went wrong:\n{string.Join('\n', wrong.Take(12))}");
    }

    private sealed class CutRun
    {
        private readonly Scenario _scenario;
        private readonly int _point;
        private readonly bool _powerCycle;
        private readonly bool _oldOnOld;
        private int _passed;
        private long _sentAtCut;
        private int _resumesAtCut;
        private bool _endingAtCut;

        public CutRun(BootloaderProfile profile, int point, bool powerCycle, int objectsBetweenSaves, int oldApplication)
        {
            (_point, _powerCycle) = (point, powerCycle);
            _oldOnOld = oldApplication > 0 && profile.Name is "sdk12" or "sdk13" or "sdk14";
            _scenario = new Scenario
            {
                Package = Package,
                Options = new VirtualDeviceOptions
                {
                    ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
                    Profile = profile,
                    RequireSigned = false,
                    ApplicationSize = oldApplication,
                },
                Transfer = new TransferOptions { MaxObjectsBetweenSaves = objectsBetweenSaves },
                Wrap = (_, link, _) => new CuttingLink(link, Pass),
            };
        }

        public bool WasCut { get; private set; }

        /// <summary>What is wrong with how it ended; null when nothing is.</summary>
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

            // SDK 12 to 14 answer the last EXECUTE and write the settings then. Power lost in that tenth of a second brings an old
            // application back, and nothing that they show tells it from the new one.
            var answered = _endingAtCut && _scenario.Recorder.Resumes.Count == _resumesAtCut;
            if (answered && _oldOnOld && _scenario.Device.InApplication) return null;
            if (!_scenario.HasImage) return "the image on the device is not the package's";
            if (_scenario.Options.Profile == BootloaderProfile.Sdk17 && _scenario.Recorder.Believed.Overlaps([Keeps.Objects, Keeps.Ram]))
                return "it was taken for a bootloader that keeps objects or RAM";
            return WasCut && _scenario.Resent > Allowed ? $"{_scenario.Resent} bytes were sent again, {Allowed} are allowed" : null;
        }

        public override string ToString() => $"{_sentAtCut} sent at the cut, {_scenario}";

        /// <summary>What was sent at the cut less the boundary at or below what the device reported on the first look after it.</summary>
        private long Allowed
        {
            get
            {
                var held = _scenario.Recorder.Resumes.Skip(_resumesAtCut).Select(r => r.Held).FirstOrDefault(_sentAtCut);
                return Math.Max(0, _sentAtCut - (held == ImageSize ? held : held / ObjectSize * ObjectSize));
            }
        }

        private void Pass()
        {
            if (WasCut || ++_passed != _point) return;
            WasCut = true;
            _sentAtCut = _scenario.Device.Counters.FirmwareBytes;
            _resumesAtCut = _scenario.Recorder.Resumes.Count;
            _endingAtCut = _scenario.Recorder.LastExecuteSent;
            if (_powerCycle) _scenario.Device.PowerCycle();
            else _scenario.Device.CutLink();
        }
    }
}

public sealed class CutSdk12Tests() : CutTests(BootloaderProfile.Sdk12);

public sealed class CutSdk13Tests() : CutTests(BootloaderProfile.Sdk13);

public sealed class CutSdk14Tests() : CutTests(BootloaderProfile.Sdk14);

public sealed class CutSdk150Tests() : CutTests(BootloaderProfile.Sdk150);

public sealed class CutSdk153Tests() : CutTests(BootloaderProfile.Sdk153);

public sealed class CutSdk17Tests() : CutTests(BootloaderProfile.Sdk17);

public sealed class CutSdk17SavingTests() : CutTests(BootloaderProfile.Sdk17Saving);
