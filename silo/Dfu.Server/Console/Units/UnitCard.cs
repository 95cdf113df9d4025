using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Reports;

namespace Dfu.Server.Console.Units;

/// <summary>What is said of a unit at its tile.</summary>
internal static class UnitCard
{
    /// <summary>Its serial number, else its address.</summary>
    public static string Name(DeviceView device) => device.Label is { Serial.Length: > 0 } label ? label.Serial : device.Application.ToString();

    /// <returns>The first one is its name.</returns>
    public static string[] Lines(DeviceView device)
    {
        var name = Name(device);
        string[] lines =
        [
            name,
            name == device.Application.ToString() ? "" : device.Application.ToString(),
            device.Label?.Label ?? "",
            Stands(device),
            Where(device),
            ReportWords.Sentence(device.Error),
            device.Outcome == DeviceOutcome.Pending ? "" : ReportWords.Remedy(device.Error),
        ];
        return [.. lines.Where(static line => line.Length > 0)];
    }

    /// <summary><c>sending, 41 % at 5.2 KiB/s</c>.</summary>
    public static string Stands(DeviceView device)
    {
        var text = UnitStates.Words(device.Outcome, device.Phase);
        if (device.Outcome != DeviceOutcome.Pending || device.BytesTotal <= 0 || device.BytesConfirmed <= 0) return text;
        text += $", {Format.Percent(Math.Floor(100.0 * device.BytesConfirmed / device.BytesTotal), 100)}";
        return device is { Phase: DevicePhase.Sending, Rate: >= 1 } ? $"{text} at {Format.Rate(device.Rate)}" : text;
    }

    private static string Where(DeviceView device)
    {
        var signal = device.Rssi is { } rssi ? string.Create(CultureInfo.InvariantCulture, $"{rssi} dBm") : "";
        var attempts = device.Attempts > 1 ? Format.Count(device.Attempts, "attempt") : "";
        var adapter = device.Adapter is { } id ? AdapterWords.Brief(id) : "";
        return string.Join(" · ", new[] { adapter, signal, attempts }.Where(static text => text.Length > 0));
    }
}
