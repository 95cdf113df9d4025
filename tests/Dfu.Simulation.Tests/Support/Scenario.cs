using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Simulation.Tests.Support;

/// <summary>One device, one adapter, and attempts after one another as a device machine would make them, in virtual time.</summary>
internal sealed class Scenario
{
    public required DfuPackage Package { get; init; }
    public VirtualDeviceOptions Options { get; init; } = new() { ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"), RequireSigned = false };
    public LinkModel Link { get; init; } = LinkModel.Perfect;
    public TransferOptions Transfer { get; init; } = new();
    public TransferHint Hint { get; init; } = new();
    public int MaxAttempts { get; init; } = 6;
    public int Seed { get; init; } = 1;

    /// <summary>Where the bootloader is expected; null for where it is.</summary>
    public BluetoothAddress? Bootloader { get; init; }
    public AdapterModel Adapter { get; init; } = new();
    public Func<Scenario, IDfuLink, int, IDfuLink> Wrap { get; init; } = (_, link, _) => link;

    public Action<Scenario>? OnLastExecute { get; init; }

    public Recorder Recorder { get; } = new();
    public List<DfuError> Errors { get; } = [];
    public VirtualDevice Device { get; private set; } = null!;
    public VirtualTime Time { get; } = new();
    public UpdateResult? Result { get; private set; }

    /// <summary>Bytes of firmware that reached the device more than once.</summary>
    public long Resent => Device.Counters.FirmwareBytes - Package.Images.Sum(image => image.Firmware.Length);

    public bool HasImage => Device.ActivatedImage is { } image && image.Span.SequenceEqual(Package.Images[^1].Firmware.Span);

    public Scenario Run()
    {
        Time.Run(RunAsync);
        return this;
    }

    public override string ToString() =>
        $"sent {Device?.Counters.FirmwareBytes}, resumes {string.Join(", ", Recorder.Resumes.Select(r => $"{r.Diagnosis} {r.Stored}->{r.Held}"))}, "
        + $"errors {string.Join(", ", Errors)}";

    private async Task RunAsync()
    {
        Recorder.OnLastExecute = () => OnLastExecute?.Invoke(this);
        using var air = new SimulatedAir(Time, Link, Seed);
        Device = air.Add(Options);
        var adapter = await air.CreateAdapter("sim", Adapter).OpenAsync(CancellationToken.None);
        await using var radio = new TestRadio(adapter, Time) { Wrap = (link, number) => Wrap(this, link, number) };
        radio.Start();
        var hint = Hint;
        var (application, bootloader) = (Device.ApplicationAddress, Bootloader ?? Device.BootloaderAddress);
        for (var attempt = 1; ; attempt++)
        {
            var heard = await radio.HearAsync(_ => true, TimeSpan.FromMinutes(5), CancellationToken.None)
                ?? throw new InvalidOperationException("the device fell silent");
            if (Recorder.Image >= Package.Images.Count) return;
            var order = new UpdateOrder
            {
                Heard = heard,
                Application = application,
                Bootloader = bootloader,
                Package = Package,
                Image = Recorder.Image,
                Restarted = Recorder.Restarts > 0,
                Hint = hint,
                BootloaderName = "DFU543210",
                Transfer = Transfer,
            };
            try
            {
                Result = await UpdateRun.RunAsync(radio, order, Recorder, Time, CancellationToken.None);
                return;
            }
            catch (DfuException e) when (e.Error.IsTransient() && attempt < MaxAttempts)
            {
                Errors.Add(e.Error);
                hint = Recorder.NextHint(hint);
            }
        }
    }
}
