using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;
using Spectre.Console;

namespace Dfu.Cli.Tests;

/// <summary>Made-up campaigns, and consoles that remember.</summary>
internal static class Views
{
    public static readonly DateTimeOffset Morning = new(2026, 11, 30, 8, 0, 0, TimeSpan.Zero);

    private const long Size = 204_800;

    public static BluetoothAddress Address(int number) => new(0xC0_98_76_54_00_00ul + (ulong)(number * 2));

    public static DeviceView Device(int number, DevicePhase phase, long confirmed = 0, DeviceOutcome outcome = DeviceOutcome.Pending) => new()
    {
        Application = Address(number),
        Bootloader = Address(number).Bootloader,
        Phase = phase,
        Outcome = outcome,
        Attempts = 1,
        BytesTotal = Size,
        BytesConfirmed = confirmed,
        BytesSent = confirmed,
        Adapter = phase == DevicePhase.Queued ? null : "sim:1",
        Rate = phase == DevicePhase.Sending ? 6553.6 : 0,
        Seconds = 12.5,
    };

    public static DeviceView Updated(int number) => Device(number, DevicePhase.Done, Size, DeviceOutcome.Updated);

    public static DeviceView Failed(int number, DfuError error, string detail = "") =>
        Device(number, DevicePhase.Done, 4096, DeviceOutcome.Failed) with { Error = error, Detail = detail };

    public static DeviceView Resumed(this DeviceView device, long stored, long held, Diagnosis diagnosis) => device with
    {
        Attempts = device.Attempts + 1,
        BytesSent = device.BytesSent + stored - held,
        BytesResent = device.BytesResent + stored - held,
        Resumes = device.Resumes.Add(new ResumeRecord(stored, held, diagnosis)),
        ResumeTotals = device.ResumeTotals.With(new ResumeRecord(stored, held, diagnosis)),
    };

    public static CampaignView Campaign(CampaignOutcome outcome, params IEnumerable<DeviceView> devices) => new()
    {
        Id = "c1",
        PackageId = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        Outcome = outcome,
        Devices = [.. devices],
        Adapters = [new AdapterView { Id = "sim:1", Name = "simulated", Status = AdapterStatus.Ready, Active = 2, Limit = 3, Rate = 13107.2 }],
        Seconds = 75.25,
    };

    /// <summary>A console without colours, of a fixed width, and what was written to it.</summary>
    public static (IAnsiConsole Console, StringWriter Written) Recorder(int width)
    {
        var written = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(written),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        return (console, written);
    }

    public static string[] Lines(this StringWriter written) => written.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd()).ToArray();
}
