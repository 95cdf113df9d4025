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
    private const double FlashSeconds = 300;

    /// <summary>After what share of all bytes something happens.</summary>
    private const double Middle = 0.25;

    private readonly Room _room = new(guest);
    private string _package = "";

    private (string Name, Func<Task<string>> Play)[] Steps =>
    [
        ("doctor", DoctorAsync),
        ("parallel", ParallelAsync),
        ("unplugged", UnpluggedAsync),
        ("killed", KilledAsync),
        ("hanging", HangingAsync),
        ("application", ApplicationAsync),
        ("mtu23", SmallMtuAsync),
        ("connects", ConnectsAsync),
    ];

    public async Task RunAsync()
    {
        _package = await PackageAsync("image", settings.Size * 1024);
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

            if (await _room.CrashAsync(stop) is { } crash) said.Must(false, crash);

            said.StepEnds(what);
        }
    }

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    private async Task<string> DoctorAsync()
    {
        await _room.OpenAsync(2, Many, "", stop);
        var result = await guest.RunAsync("dotnet /dfu/dfu.dll doctor", 120, stop);
        Keep("doctor.txt", result.Output);
        said.Must(result.Status == 0, $"it ended with {result.Status}:\n{result.Output}{result.Errors}");
        foreach (var adapter in new[] { "hci0", "hci1" }) said.Must(result.Output.Contains($"bluez:{adapter}", StringComparison.Ordinal), $"it does not name {adapter}:\n{result.Output}");
        return "dfu doctor finds both adapters fit for updates";
    }

    private async Task<string> ParallelAsync()
    {
        await _room.OpenAsync(2, Many, "", stop);
        var flash = Start("parallel", Many);
        await EndAsync("undisturbed", flash);
        return $"{Many} devices are updated in parallel over two adapters";
    }

    private async Task<string> UnpluggedAsync()
    {
        await _room.OpenAsync(2, Many, "", stop);
        var flash = Start("unplugged", Many);
        await MiddleAsync(flash);
        await _room.TellAsync("down 1", stop);
        await flash.UntilToldAsync("an adapter went away", IsTrouble, 60, stop);
        await _room.TellAsync("up 1", stop);
        await EndAsync("unplugged", flash);
        WasReadmitted(flash);
        return "an adapter is pulled out in the middle and plugged in again: drained, taken back, all devices updated";
    }

    private async Task<string> KilledAsync()
    {
        await _room.OpenAsync(2, Many, "", stop);
        var flash = Start("killed", Many);
        await MiddleAsync(flash);
        await _room.KillDaemonAsync(stop);
        await flash.UntilToldAsync("the adapters went away", IsTrouble, 60, stop);
        await _room.StartDaemonAsync(stop);
        await EndAsync("bluetoothd killed", flash);
        WasReadmitted(flash);
        return "bluetoothd is killed in the middle and started again: all devices updated";
    }

    private async Task<string> HangingAsync()
    {
        await _room.OpenAsync(2, Many, "", stop);
        var flash = Start("hanging", Many);
        await MiddleAsync(flash);
        await _room.TellAsync("mute 1", stop);
        await flash.UntilToldAsync("an adapter hangs", IsTrouble, 120, stop);
        await _room.TellAsync("unmute 1", stop);
        await EndAsync("hanging", flash);
        return "an adapter hangs in the middle: seen, drained, all devices updated";
    }

    private async Task<string> ApplicationAsync()
    {
        await _room.OpenAsync(2, Few, "--mode app", stop);
        var flash = Start("application", Few);
        await EndAsync("in the application", flash);
        return $"{Few} devices that run their application jump to their bootloader and are updated";
    }

    private async Task<string> SmallMtuAsync()
    {
        await _room.OpenAsync(2, Few, "--mtu 23", stop);
        var flash = new Flash(guest, "mtu23", await PackageAsync("small", 8 * 1024), Few);
        await EndAsync("MTU 23", flash);
        said.Must(_room.Mtus().All(static mtu => mtu == 23), "a link had another MTU than 23");
        return $"{Few} devices with an MTU of 23 are updated";
    }

    private async Task<string> ConnectsAsync()
    {
        await _room.OpenAsync(2, Many, "", stop);
        var result = await guest.RunAsync(FormattableString.Invariant($"dotnet /rig/Dfu.BlueZ.Rig.dll connects {settings.Connects} 'bluez:*' 'bluez:*'"), 60 + settings.Connects * 10, stop);
        Keep("connects.txt", result.Output + result.Errors);
        Measurement[] measured = [.. result.Output.Split('\n').Where(static line => line.StartsWith('{')).Select(static line => JsonSerializer.Deserialize<Measurement>(line)!)];
        if (measured is not [var first, var last]) throw new RigException($"the connects ended with {result.Status}:\n{result.Output}{result.Errors}");
        said.Must(last.Failed == 0, $"{last.Failed} connects failed:\n{result.Output}");
        said.Must(last.Connects == settings.Connects, $"there were {last.Connects} connects only");
        said.Must(last.Managed - first.Managed < 256 * 1024, $"live objects grew from {first.Managed:#,0} to {last.Managed:#,0} bytes");
        said.Must(last.Resident - first.Resident < 8 * 1024 * 1024, $"memory grew from {first.Resident / 1024:#,0} to {last.Resident / 1024:#,0} KiB");
        said.Must(last.Descriptors - first.Descriptors <= 4, $"open files and sockets grew from {first.Descriptors} to {last.Descriptors}");
        said.Must(last.Threads - first.Threads <= 4, $"threads grew from {first.Threads} to {last.Threads}");
        return string.Create(CultureInfo.InvariantCulture,
            $"{last.Connects} connects and disconnects in {result.Seconds:0} s leave memory flat: from {first.Connects} to {last.Connects}, live objects {first.Managed / 1024} to {last.Managed / 1024} KiB, resident {first.Resident / 1048576.0:0.0} to {last.Resident / 1048576.0:0.0} MiB, descriptors {first.Descriptors} to {last.Descriptors}");
    }

    private Flash Start(string name, int devices) => new(guest, name, _package, devices);

    private async Task MiddleAsync(Flash flash)
    {
        var enough = Middle * _room.Devices * settings.Size * 1024;
        var began = said.Elapsed;
        while ((await _room.ReportAsync(stop)).Sum(static device => device.FirmwareBytes) < enough)
        {
            if (flash.IsOver || said.Elapsed - began > FlashSeconds) throw new RigException($"the update never got to its middle:\n{flash.Said}");
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, stop);
        }

        said.Must((await _room.ReportAsync(stop)).Any(static device => device.Activations == 0), "all devices were updated before anything could happen");
    }

    /// <summary>Every device says itself that it holds the new image, taken once, and every adapter has carried.</summary>
    private async Task EndAsync(string name, Flash flash)
    {
        var result = await flash.EndAsync(FlashSeconds, stop);
        Keep($"{name.Replace(' ', '-')}.txt", flash.Told);
        var (devices, mtus) = (await _room.ReportAsync(stop), _room.Mtus());
        said.Must(result is { Status: 0, Outcome: "succeeded" }, $"it ended with {result.Status}, {result.Outcome}:\n{flash.Told}");
        said.Must(result.Devices.Count == _room.Devices, $"{result.Devices.Count} devices took part");
        foreach (var device in result.Devices) said.Must(device.Outcome == "updated", $"{device.Device} is {device.Outcome}, {device.Error} {device.Detail}");
        foreach (var device in devices) said.Must(device is { Activations: 1, Activated: not null }, $"{device.Application} was activated {device.Activations} times");
        said.Must(devices.Select(static device => device.Activated?.Sha256).Distinct().Count() == 1, "the devices do not hold the same image");
        var adapters = result.Devices.Select(static device => device.Adapter).Distinct().Count();
        if (_room.Devices >= Many) said.Must(adapters == _room.Controllers, $"only {adapters} of {_room.Controllers} adapters carried");
        var (totals, resumes) = (result.Totals, result.Devices.Sum(static device => device.Resumes.Count(static resume => resume.Stored > 0)));
        var bytes = result.Devices.Sum(static device => device.BytesTotal);
        said.Row(name, $"{totals.Updated}/{_room.Devices}", $"{adapters}", string.Join("-", new[] { mtus.Min(), mtus.Max() }.Distinct()), $"{bytes:#,0}", $"{totals.BytesResent:#,0}",
            string.Create(CultureInfo.InvariantCulture, $"{totals.Seconds:0.0}"), string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / totals.Seconds:0.0} KiB/s"), $"{resumes}");
    }

    private void WasReadmitted(Flash flash)
    {
        string[] lines = flash.Told.Split('\n');
        var trouble = Array.FindIndex(lines, IsTrouble);
        said.Must(Array.FindIndex(lines, Math.Max(trouble, 0), static line => line.StartsWith("dfu: adapter ", StringComparison.Ordinal) && line.Contains(" is ready", StringComparison.Ordinal)) >= 0,
            $"the adapter was not told to be ready again:\n{flash.Told}");
    }

    private static bool IsTrouble(string line) =>
        line.StartsWith("dfu: adapter ", StringComparison.Ordinal) && new[] { " is draining", " is recovering", " is quarantined" }.Any(state => line.Contains(state, StringComparison.Ordinal));

    private async Task<string> PackageAsync(string name, int bytes)
    {
        var path = $"/root/{name}.zip";
        var script = FormattableString.Invariant(
            $"head -c {bytes} /dev/urandom > /root/{name}.bin && dotnet /dfu/dfu.dll package create --application /root/{name}.bin --application-version 2 --hw-version 52 --sd-req 0xFFFE -o {path}");
        var result = await guest.RunAsync(script, 60, stop);
        return result.Status == 0 ? path : throw new RigException($"the package cannot be made:\n{result.Errors}");
    }

    private void Keep(string name, string content)
    {
        if (settings.Keep is not { } folder) return;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), content);
    }
}
