using System.Diagnostics;

namespace Dfu.Cli.Tests.Processes;

public sealed class UpgradeProcessTests
{
    private const int Devices = 3;
    private const int Object = 4096;
    private const int Size = 12 * Object;

    [Fact]
    public async Task A_campaign_goes_on_when_its_station_is_brought_to_another_version_and_back()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var bench = new Bench();
        await bench.SimulateAsync(1, "--devices", $"{Devices}", "--mode", "app", "--time-scale", "8", "--save-progress", "true");
        Install(bench, "1.0.0");
        string campaign;
        using (var station = await StartAsync(bench, "1.0.0"))
        {
            campaign = await station.OrderAsync(bench.Package(Size), Devices);
            await bench.ReceivedAsync(Size / 2);
            await station.StopAsync();
        }

        Install(bench, "2.0.0");
        using (var station = await StartAsync(bench, "2.0.0"))
        {
            await station.UntilAsync(campaign, standing => Station.Updated(standing) == 1);
            await bench.ReceivedAsync(3 * Size / 2);
            await station.StopAsync();
        }

        Install(bench, "2.0.0", "--use", "1.0.0");
        using (var station = await StartAsync(bench, "1.0.0"))
        {
            var standing = await station.EndAsync(campaign);
            Assert.Equal((Devices, "succeeded"), (Station.Updated(standing), standing.GetProperty("outcome").GetString()));
            await station.StopAsync();
        }

        foreach (var device in (await bench.EndSimulationAsync()).Values)
        {
            Assert.Equal(1, device.GetProperty("activations").GetInt32());
            var sent = device.GetProperty("firmwareBytes").GetInt64() - Bench.Overrun(device, saves: true);

            // When a device is cut off, the object that is sent is lost, and the one before it where its save was under way.
            Assert.InRange(sent, Size, Size + (2 * Object));
        }
    }

    private static async Task<Station> StartAsync(Bench bench, string version)
    {
        var station = await Station.StartAsync(arguments => DfuProcess.StartProgram(bench["root/opt/dfu/current/dfu"], arguments), bench, bench["data"]);
        Assert.Equal(version, (await File.ReadAllTextAsync(bench["started"])).Trim());
        return station;
    }

    /// <summary>Installs the command under a version number: a script says which one is started, and becomes the command.</summary>
    private static void Install(Bench bench, string version, params string[] arguments)
    {
        var folder = bench[$"dfu-{version}"];
        if (arguments.Length == 0)
        {
            Directory.CreateDirectory(folder);
            foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "station")))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            File.WriteAllText(Path.Combine(folder, "VERSION"), version);
            File.WriteAllText(
                Path.Combine(folder, "dfu"),
                $"#!/bin/sh\n[ \"$1\" != --version ] || exit 0\necho {version} >'{bench["started"]}'\nexec dotnet '{DfuProcess.Command}' \"$@\"\n");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(folder, "dfu"), (UnixFileMode)0b111_101_101);
        }

        var start = new ProcessStartInfo("bash", [Path.Combine(folder, "install"), .. arguments]);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        start.Environment["DFU_ROOT"] = bench["root"];
        using var install = Process.Start(start)!;
        var said = install.StandardOutput.ReadToEnd() + install.StandardError.ReadToEnd();
        install.WaitForExit();
        Assert.True(install.ExitCode == 0, said);
    }
}
