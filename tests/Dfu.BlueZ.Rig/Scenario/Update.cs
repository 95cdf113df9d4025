using System.Globalization;
using System.Text.Json;
using Dfu.BlueZ.Rig.Machine;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>A run of <c>dfu flash</c> in the machine, over all its adapters and to all devices of the room.</summary>
internal sealed class Update
{
    private const double Seconds = 420;
    private const double TroubleSeconds = 90;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);
    private readonly Room _room;
    private readonly GuestCommand _command;
    private readonly int _bytes;
    private readonly CancellationToken _stop;

    /// <param name="name">Of the package, and of the data directory.</param>
    /// <param name="bytes">Of the image.</param>
    public Update(Guest guest, Room room, string name, int bytes, string sha256, CancellationToken stop)
    {
        (_room, Name, _bytes, Sha256, _stop) = (room, name, bytes, sha256, stop);
        _command = guest.Start(string.Create(
            CultureInfo.InvariantCulture,
            $"exec dotnet /dfu/dfu.dll flash /root/{name}.zip --adapter 'bluez:*' --all --count {room.Devices} --patience 180s --data-dir /root/{name} "
                + $"--json"));
    }

    public string Name { get; }

    /// <summary>Of the image.</summary>
    public string Sha256 { get; }

    /// <summary>Progress and changes of adapters, as they were told.</summary>
    public string Told => _command.Errors;

    /// <summary>A place in what was told.</summary>
    public int Mark => Told.Length;

    /// <summary>Waits until the devices have received this share of all bytes.</summary>
    /// <exception cref="RigException">They do not, or had all before.</exception>
    public async Task ReachAsync(double share)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var devices = await _room.ReportAsync(_stop);
            if (devices.All(static device => device.Activations > 0))
                throw new RigException($"all devices were updated before anything could happen:\n{_command.Said}");
            if (devices.Sum(static device => device.FirmwareBytes) >= share * _bytes * devices.Count) return;
            if (_command.IsOver || TimeProvider.System.GetElapsedTime(began).TotalSeconds > Seconds)
                throw new RigException($"the update never got so far:\n{_command.Said}");
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, _stop);
        }
    }

    /// <summary>Whether an adapter is told to be in trouble, after the mark and within the time for it.</summary>
    public Task<bool> TroubleAsync(int mark) =>
        ToldAsync(mark, static lines => lines.Any(static line => IsState(line, "draining") || IsState(line, "recovering") || IsState(line, "quarantined")));

    /// <summary>Whether all adapters that were told to be in trouble after the mark are told to be ready again.</summary>
    public Task<bool> ReadyAgainAsync(int mark) => ToldAsync(mark, static lines => lines
        .Where(static line => line.StartsWith("dfu: adapter ", StringComparison.Ordinal)).GroupBy(static line => line.Split(' ')[2])
            .All(static adapter => IsState(adapter.Last(), "ready")));

    public async Task<FlashResult> EndAsync()
    {
        var result = await _command.EndAsync(TimeSpan.FromSeconds(Seconds), _stop);
        try
        {
            return JsonSerializer.Deserialize<FlashResult>(result.Output, Format)! with { Status = result.Status };
        }
        catch (JsonException)
        {
            throw new RigException($"dfu flash ended with {result.Status} and no document:\n{_command.Said}");
        }
    }

    private async Task<bool> ToldAsync(int mark, Func<string[], bool> wanted)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!wanted(Told[mark..].Split('\n')))
        {
            if (_command.IsOver || TimeProvider.System.GetElapsedTime(began).TotalSeconds > TroubleSeconds) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, _stop);
        }

        return true;
    }

    private static bool IsState(string line, string state) =>
        line.StartsWith("dfu: adapter ", StringComparison.Ordinal) && line.Contains($" is {state}", StringComparison.Ordinal);
}

/// <summary>What <c>dfu flash --json</c> says; see docs/cli.md.</summary>
internal sealed record FlashResult(int Status, string Outcome, IReadOnlyList<FlashDevice> Devices, FlashTotals Totals);

internal sealed record FlashDevice(
    string Device, string Outcome, string? Error, string Detail, int Attempts, long BytesTotal, IReadOnlyList<FlashResume> Resumes, string? Adapter);

internal sealed record FlashResume(long Stored, long Held);

internal sealed record FlashTotals(int Updated, long BytesResent, double Seconds);
