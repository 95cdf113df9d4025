using System.Globalization;
using System.Text.Json;
using Dfu.BlueZ.Rig.Machine;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>A run of <c>dfu flash</c> in the machine.</summary>
internal sealed class Flash
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);
    private readonly GuestCommand _command;

    /// <param name="name">Of its data directory.</param>
    /// <param name="package">In the machine.</param>
    public Flash(Guest guest, string name, string package, int devices) => _command = guest.Start(FormattableString.Invariant(
        $"exec dotnet /dfu/dfu.dll flash {package} --adapter 'bluez:*' --all --count {devices} --patience 180s --data-dir /root/{name} --json"));

    public bool IsOver => _command.IsOver;

    /// <summary>Progress and changes of adapters, as they were told.</summary>
    public string Told => _command.Errors;

    public string Said => _command.Said;

    /// <summary>Waits until a line of its progress holds what is wanted.</summary>
    public Task UntilToldAsync(string what, Func<string, bool> wanted, double seconds, CancellationToken stop) =>
        _command.UntilAsync(command => command.Errors.Split('\n').Any(wanted), $"it told that {what}", seconds, stop);

    public async Task<FlashResult> EndAsync(double seconds, CancellationToken stop)
    {
        var result = await _command.EndAsync(TimeSpan.FromSeconds(seconds), stop);
        try
        {
            var document = JsonSerializer.Deserialize<FlashResult>(result.Output, Format) ?? throw new JsonException();
            return document with { Status = result.Status };
        }
        catch (JsonException)
        {
            throw new RigException(string.Create(CultureInfo.InvariantCulture, $"dfu flash ended with {result.Status} and no document:\n{_command.Said}"));
        }
    }
}

/// <summary>What <c>dfu flash --json</c> says; see docs/cli.md.</summary>
internal sealed record FlashResult(int Status, string Outcome, IReadOnlyList<FlashDevice> Devices, FlashTotals Totals);

internal sealed record FlashDevice(string Device, string Outcome, string? Error, string Detail, int Attempts, long BytesTotal, long BytesSent, long BytesResent, IReadOnlyList<FlashResume> Resumes, string? Adapter, double Seconds);

internal sealed record FlashResume(long Stored, long Held, string Diagnosis);

internal sealed record FlashTotals(int Devices, int Updated, int Failed, long BytesSent, long BytesResent, double Seconds);
