using System.Globalization;
using Dfu.Fleet.Devices;

namespace Dfu.Reports;

/// <summary>Figures and words for people.</summary>
public static class Format
{
    public static string Bytes(double bytes) => bytes switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024:0.0} KiB"),
        < 1024d * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024 * 1024):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024d * 1024 * 1024):0.00} GiB"),
    };

    /// <summary>For a view that is as old as this.</summary>
    public static string NoAnswer(TimeSpan silence) =>
        string.Create(CultureInfo.InvariantCulture, $"no answer from the cluster for {silence.TotalSeconds:0} s");

    public static string Rate(double bytesPerSecond) => $"{Bytes(bytesPerSecond)}/s";

    /// <summary><c>0:28</c>, <c>12:05</c>, <c>1:02:03</c>.</summary>
    public static string Clock(double seconds)
    {
        var whole = TimeSpan.FromSeconds(Math.Max(0, Math.Round(seconds)));
        return whole.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)whole.TotalHours}:{whole.Minutes:00}:{whole.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole.Minutes}:{whole.Seconds:00}");
    }

    /// <summary><c>12.3 s</c>, <c>3 min 12 s</c>, <c>1 h 2 min</c>.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 60)} min {(int)seconds % 60} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 3600)} h {(int)(seconds / 60) % 60} min"),
    };

    /// <summary><c>just now</c>, <c>40 s ago</c>, <c>2 min ago</c>, <c>3 h ago</c>, <c>4 days ago</c>.</summary>
    public static string Ago(TimeSpan since) => since.TotalSeconds switch
    {
        < 10 => "just now",
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{(int)since.TotalSeconds} s ago"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)since.TotalMinutes} min ago"),
        < 86400 => string.Create(CultureInfo.InvariantCulture, $"{(int)since.TotalHours} h ago"),
        _ => $"{Count((int)since.TotalDays, "day")} ago",
    };

    public static string Percent(double part, double whole) =>
        whole <= 0 ? "0 %" : string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole:0.#} %");

    public static string Count(int count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{count} {many ?? one + "s"}";

    /// <summary>With a capital and one full stop; nothing stays nothing.</summary>
    public static string Sentence(string text) => text.Length == 0 ? text : $"{char.ToUpperInvariant(text[0])}{text[1..].TrimEnd('.')}.";

    public static string Word(DevicePhase phase) => phase switch
    {
        DevicePhase.Queued => "waiting",
        DevicePhase.Connecting => "connecting",
        DevicePhase.Jumping => "to bootloader",
        DevicePhase.Reconciling => "comparing",
        DevicePhase.SendingInit => "init packet",
        DevicePhase.Sending => "sending",
        DevicePhase.Saving => "saving",
        DevicePhase.Activating => "activating",
        DevicePhase.Verifying => "verifying",
        DevicePhase.BackingOff => "pausing",
        _ => "done",
    };
}
