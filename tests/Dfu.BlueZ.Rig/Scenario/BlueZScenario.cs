using System.Globalization;
using System.Text.Json;
using Dfu.BlueZ.Rig.Connects;
using Dfu.BlueZ.Rig.Machine;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>What happens in the machine: updates over two adapters, undisturbed and disturbed, and connects that are counted.</summary>
internal sealed class BlueZScenario(Guest guest, Transcript said, RigSettings settings, CancellationToken stop) : IAsyncDisposable
{
    private const int Many = 8;
    private const int Few = 3;

    /// <summary>A disturbed update has more to bring, so that there is something to disturb.</summary>
    private const int Longer = 3;
    private const int SmallMtu = 23;

    private readonly Room _room = new(guest);

    private (string Name, Func<Task<string>> Play)[] Steps =>
    [
        ("doctor", DoctorAsync),
        ("connects", ConnectsAsync),
        ("parallel", ParallelAsync),
        ("disturbed", DisturbedAsync),
        ("small", SmallAsync),
    ];

    public async Task RunAsync()
    {
        foreach (var (name, play) in Steps.Where(step => settings.Only.Count == 0 || settings.Only.Contains(step.Name)))
        {
            var what = name;
            try
            {
                what = await play();
            }
            catch (RigException e)
            {
                said.Must(false, e.Message);
            }

            said.StepEnds(what);
        }

        if (_room.Crashes is > 0 and var crashes) said.Step($"bluetoothd crashed {crashes} times by itself and was started again");
    }

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    private async Task<string> DoctorAsync()
    {
        await _room.OpenAsync(stop, new Air(2, Many));
        var result = await guest.RunAsync("dotnet /dfu/dfu.dll doctor", 120, stop);
        Keep("doctor.txt", result.Output);
        said.Must(result.Status == 0, $"it ended with {result.Status}:\n{result.Output}{result.Errors}");
        foreach (var adapter in new[] { "hci0", "hci1" })
            said.Must(result.Output.Contains($"bluez:{adapter}", StringComparison.Ordinal), $"it does not name {adapter}:\n{result.Output}");
        return "dfu doctor finds both adapters fit for updates";
    }

    private async Task<string> ParallelAsync()
    {
        await _room.OpenAsync(stop, new Air(2, Many));
        var before = _room.Crashes;
        var update = await StartAsync("parallel", settings.Size);
        await EndAsync(update, 0);
        said.Must(_room.Crashes == before, "bluetoothd crashed");
        return $"{Many} devices are updated in parallel over two adapters";
    }

    private async Task<string> DisturbedAsync()
    {
        await _room.OpenAsync(stop, new Air(2, Many));
        var update = await StartAsync("disturbed", settings.Size * Longer);

        await update.ReachAsync(0.1);
        var mark = update.Mark;
        await _room.TellAsync("down 1", stop);
        said.Must(await update.TroubleAsync(mark), "nothing was told of an adapter that was pulled out");
        await _room.TellAsync("up 1", stop);
        said.Must(await update.ReadyAgainAsync(mark), "the adapter was not taken back");
        said.StepEnds("an adapter is pulled out in the middle: drained; plugged in again: taken back");

        await update.ReachAsync(0.3);
        mark = update.Mark;
        await _room.KillDaemonAsync(stop);
        said.Must(await update.TroubleAsync(mark), "nothing was told of a bluetoothd that was killed");
        said.Must(await update.ReadyAgainAsync(mark), "the adapters were not taken back");
        said.StepEnds("bluetoothd is killed in the middle and started again: drained, taken back");

        await update.ReachAsync(0.5);
        mark = update.Mark;
        await _room.TellAsync("mute 1", stop);
        said.Must(await update.TroubleAsync(mark), "nothing was told of an adapter that hangs");
        await _room.TellAsync("unmute 1", stop);
        said.Must(await update.ReadyAgainAsync(mark), "the adapter was not taken back");
        said.StepEnds("an adapter hangs in the middle: seen, drained; it answers again: taken back");

        await EndAsync(update, 3);
        return $"all {Many} devices are updated all the same";
    }

    private async Task<string> SmallAsync()
    {
        await _room.OpenAsync(stop, new Air(1, Few, "--mode app"), new Air(1, Few, $"--mtu {SmallMtu}"));
        await EndAsync(await StartAsync("small", Math.Min(settings.Size, 12)), 0);
        said.Must(_room.Mtus(1).All(static mtu => mtu == SmallMtu), $"a link had another MTU than {SmallMtu}");
        return $"{Few} devices that run their application jump to their bootloader, and {Few} with an MTU of {SmallMtu} are updated";
    }

    private async Task<string> ConnectsAsync()
    {
        await _room.OpenAsync(stop, new Air(2, Many));
        var result = await guest.RunAsync(
            string.Create(CultureInfo.InvariantCulture, $"dotnet /rig/Dfu.BlueZ.Rig.dll connects {settings.Connects} 'bluez:*' 'bluez:*'"),
            60 + settings.Connects * 5,
            stop);
        Keep("connects.txt", result.Output + result.Errors);
        Measurement[] measured =
            [.. result.Output.Split('\n').Where(static line => line.StartsWith('{')).Select(static line => JsonSerializer.Deserialize<Measurement>(line)!)];
        if (measured is not [var first, var last]) throw new RigException($"the connects ended with {result.Status}:\n{result.Output}{result.Errors}");
        said.Must(last.Failed <= settings.Connects / 20, $"{last.Failed} connects failed:\n{result.Output}");
        said.Must(last.Connects == settings.Connects, $"there were {last.Connects} connects only");
        said.Must(last.Managed - first.Managed < 256 * 1024, $"live objects grew from {first.Managed:#,0} to {last.Managed:#,0} bytes");
        said.Must(last.Resident - first.Resident < 8 * 1024 * 1024, $"memory grew from {first.Resident / 1024:#,0} to {last.Resident / 1024:#,0} KiB");
        said.Must(
            last.DescriptorCount - first.DescriptorCount <= 4,
            $"open files and sockets grew from {first.DescriptorCount} to {last.DescriptorCount}:\n{result.Output}");
        said.Must(last.Threads - first.Threads <= 4, $"threads grew from {first.Threads} to {last.Threads}");
        return string.Create(CultureInfo.InvariantCulture,
            $"{last.Connects} connects and disconnects leave memory flat: from the {first.Connects}th on, {first.Managed / 1024} to "
                + $"{last.Managed / 1024} KiB of live objects, {first.Resident / 1048576.0:0.0} to {last.Resident / 1048576.0:0.0} MiB resident, "
                    + $"{first.DescriptorCount} to {last.DescriptorCount} descriptors");
    }

    private async Task<Update> StartAsync(string name, int kib)
    {
        var script = string.Create(
            CultureInfo.InvariantCulture,
            $"head -c {kib * 1024} /dev/urandom > /root/{name}.bin && dotnet /dfu/dfu.dll package create --application /root/{name}.bin "
                + $"--application-version 2 --hw-version 52 --sd-req 0xFFFE -o /root/{name}.zip && sha256sum /root/{name}.bin");
        var result = await guest.RunAsync(script, 60, stop);
        if (result.Status != 0) throw new RigException($"the package cannot be made:\n{result.Errors}");
        _room.Use();
        return new Update(guest, _room, name, kib * 1024, result.Lines[^1].Split(' ')[0], stop);
    }

    /// <summary>Every device says itself that it holds the image, taken once, and every adapter has carried.</summary>
    private async Task EndAsync(Update update, int disturbances)
    {
        var result = await update.EndAsync();
        Keep($"{update.Name}.txt", update.Told);
        var devices = await _room.ReportAsync(stop);
        said.Must(result is { Status: 0, Outcome: "succeeded" }, $"it ended with {result.Status}, {result.Outcome}:\n{update.Told}");
        said.Must(result.Devices.Count == _room.Devices, $"{result.Devices.Count} devices took part");
        foreach (var device in result.Devices) said.Must(device.Outcome == "updated", $"{device.Device} is {device.Outcome}, {device.Error} {device.Detail}");
        foreach (var device in devices)
            said.Must(
                device.Activations == 1 && device.Activated?.Sha256 == update.Sha256,
                $"{device.Application} was activated {device.Activations} times, and holds {device.Activated?.Sha256 ?? "nothing"}");
        var adapters = result.Devices.Select(static device => device.Adapter).Distinct().Count();
        if (disturbances == 0) said.Must(adapters == _room.Controllers, $"only {adapters} of {_room.Controllers} adapters carried");
        var (totals, mtus) = (result.Totals, Enumerable.Range(0, _room.Airs).SelectMany(_room.Mtus).Distinct().Order());
        var bytes = result.Devices.Sum(static device => device.BytesTotal);
        said.Row(
            update.Name, $"{totals.Updated}/{_room.Devices}", $"{adapters}", string.Join(",", mtus), $"{bytes:#,0}", $"{totals.BytesResent:#,0}",
            string.Create(CultureInfo.InvariantCulture, $"{totals.Seconds:0.0}"), string.Create(
                CultureInfo.InvariantCulture, $"{bytes / 1024.0 / totals.Seconds:0.0} KiB/s"),
            $"{result.Devices.Sum(static device => device.Attempts - 1)}",
            $"{result.Devices.Sum(static device => device.Resumes.Count(static resume => resume.Stored > 0))}", $"{disturbances}");
    }

    private void Keep(string name, string content)
    {
        if (settings.Keep is not { } folder) return;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), content);
    }
}
