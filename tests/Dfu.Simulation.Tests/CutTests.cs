using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
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
    public void An_update_cut_anywhere_ends_well(bool powerCycle, int objectsBetweenSaves)
    {
        var wrong = new List<string>();
        var points = 0;
        for (var point = 1; ; point++)
        {
            var run = new CutRun(profile, point, powerCycle, objectsBetweenSaves);
            try
            {
                run.Execute();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                wrong.Add($"point {point}: {e.GetType().Name} {e.Message}; {run}");
            }

            if (!run.WasCut) break;
            points++;
            if (run.Wrong is { } what) wrong.Add($"point {point}: {what}; {run}");
        }

        Assert.True(points > 100, $"only {points} points were found");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {points} points went wrong:\n{string.Join('\n', wrong.Take(12))}");
    }

    private sealed class CutRun(BootloaderProfile profile, int point, bool powerCycle, int objectsBetweenSaves)
    {
        private readonly Recorder _recorder = new();
        private readonly List<DfuError> _errors = [];
        private VirtualDevice? _device;
        private int _passed;
        private long _sentAtCut;
        private int _resumesAtCut;

        public bool WasCut { get; private set; }

        public string? Wrong { get; private set; }

        public void Execute()
        {
            var time = new VirtualTime();
            time.Run(() => UpdateAsync(time));
            var activated = _device!.ActivatedImage;
            if (activated is null || !activated.Value.Span.SequenceEqual(Package.Images[0].Firmware.Span)) Wrong = "the image on the device is not the package's";
            else if (WasCut && Resent > Allowed) Wrong = $"{Resent} bytes were sent again, {Allowed} are allowed";
        }

        public override string ToString() =>
            $"sent {_recorder.Sent} ({_sentAtCut} at the cut), resumes {string.Join(", ", _recorder.Resumes.Select(r => $"{r.Diagnosis} {r.Stored}->{r.Held}"))}, errors {string.Join(", ", _errors)}";

        private long Resent => _recorder.Sent - ImageSize;

        /// <summary>What was sent at the cut less the boundary at or below what the device reported on the first look after it.</summary>
        private long Allowed
        {
            get
            {
                var held = _recorder.Resumes.Skip(_resumesAtCut).Select(r => r.Held).FirstOrDefault(_sentAtCut);
                return Math.Max(0, _sentAtCut - (held == ImageSize ? held : held / ObjectSize * ObjectSize));
            }
        }

        private async Task UpdateAsync(VirtualTime time)
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect, seed: 1);
            _device = air.Add(new VirtualDeviceOptions { ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"), Profile = profile, RequireSigned = false });
            var adapter = await air.CreateAdapter("sim", new AdapterModel()).OpenAsync(CancellationToken.None);
            await using var radio = new TestRadio(adapter, time) { Wrap = (link, _) => new CuttingLink(link, Pass) };
            radio.Start();
            var hint = new TransferHint();
            for (var attempt = 1; ; attempt++)
            {
                var heard = await radio.HearAsync(_ => true, TimeSpan.FromMinutes(5), CancellationToken.None) ?? throw new InvalidOperationException("the device fell silent");
                if (heard.Address == _device.ApplicationAddress && _recorder.LastExecuteSent) return; // activated, and nobody saw the answer
                try
                {
                    await UpdateRun.RunAsync(radio, OrderFor(heard, hint), _recorder, time, CancellationToken.None);
                    return;
                }
                catch (DfuException e) when (e.Error.IsTransient() && attempt < 5)
                {
                    _errors.Add(e.Error);
                    hint = _recorder.NextHint(hint);
                }
            }
        }

        private UpdateOrder OrderFor(Advertisement heard, TransferHint hint) => new()
        {
            Heard = heard,
            Application = _device!.ApplicationAddress,
            Bootloader = _device.BootloaderAddress,
            Package = Package,
            Image = 0,
            Hint = hint,
            BootloaderName = "DFU543210",
            Transfer = new TransferOptions { MaxObjectsBetweenSaves = objectsBetweenSaves },
        };

        private void Pass()
        {
            if (WasCut || ++_passed != point) return;
            WasCut = true;
            _sentAtCut = _recorder.Sent;
            _resumesAtCut = _recorder.Resumes.Count;
            if (powerCycle) _device!.PowerCycle();
            else _device!.CutLink();
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
