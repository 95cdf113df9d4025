using System.Text.Json;

namespace Dfu.Cli.Tests.Processes;

public sealed class FlashProcessTests
{
    private const int Size = 100 * 1024;
    private const int Object = 4096;

    [Fact]
    public async Task Devices_behind_a_bridge_are_updated_and_every_byte_is_accounted_for()
    {
        using var bench = new Bench();
        var package = bench.Package(Size);
        await bench.SimulateAsync(2, "--devices", "6", "--mode", "app", "--time-scale", "10", "--seed", "5");
        var (code, output, error) = await DfuProcess.RunAsync(
            ["flash", package, .. bench.Adapters, "--all", "--count", "6", "--data-dir", bench["data"], "--report", bench["r.csv"], "--json"]);

        Assert.True(code == 0, error);
        using var document = JsonDocument.Parse(output);
        AssertShape(document.RootElement);
        Assert.Equal("succeeded", document.RootElement.GetProperty("outcome").GetString());
        AssertEveryLineIsPlain(error);
        Assert.Equal(7, File.ReadAllLines(bench["r.csv"]).Length);
        AssertCountsAgree(document.RootElement, await bench.EndSimulationAsync(), 6);

        // The same command again: there is nothing left to do, and no radio is needed for that.
        var again = await DfuProcess.RunAsync(["flash", package, .. bench.Adapters, "--all", "--count", "6", "--data-dir", bench["data"], "--json"]);
        Assert.Equal(0, again.Code);
    }

    [Theory]
    [InlineData("false", 17 * Object)]
    [InlineData("true", 2 * Object)]
    public async Task Killed_again_and_again_it_goes_on_where_it_was(string saves, long mostAgain)
    {
        const int Kills = 2;
        using var bench = new Bench();
        string[] flash = ["flash", bench.Package(2 * Size), "--all", "--count", "3", "--data-dir", bench["data"], "--json"];
        await bench.SimulateAsync(1, "--devices", "3", "--time-scale", "5", "--save-progress", saves);
        for (var kill = 1; kill <= Kills; kill++)
        {
            using var killed = DfuProcess.Start([.. flash, .. bench.Adapters]);
            await bench.ReceivedAsync(kill * 180_000);
            await killed.KillAsync();
        }

        var (code, output, error) = await DfuProcess.RunAsync([.. flash, .. bench.Adapters]);

        Assert.True(code == 0, error);
        using var document = JsonDocument.Parse(output);
        var devices = await bench.EndSimulationAsync();
        AssertCountsAgree(document.RootElement, devices, 3, Kills);

        // A probe on purpose sends less than two objects again, once, to one device.
        Assert.All(
            document.RootElement.GetProperty("devices").EnumerateArray(),
            device => Assert.InRange(
                device.GetProperty("bytesResent").GetInt64(),
                0,
                (Kills * mostAgain) + (2 * Object) + Bench.Overrun(devices[device.GetProperty("device").GetString()!], saves == "true")));
    }

    /// <summary>The radio that is given first does not have the bond, and the other is known to.</summary>
    [Fact]
    public async Task A_device_that_bonds_is_gone_on_with_over_the_radio_that_has_its_bond()
    {
        using var bench = new Bench();
        string[] flash = ["flash", bench.Package(Size), "--all", "--count", "1", "--data-dir", bench["data"], "--json"];
        await bench.SimulateAsync(2, "--devices", "1", "--bonds", "--time-scale", "5");
        string[] bonded = bench.Adapters[..2], other = bench.Adapters[2..];
        using (var killed = DfuProcess.Start([.. flash, .. bonded]))
        {
            await bench.ReceivedAsync(40_000);
            await killed.KillAsync();
        }

        var connects = bench.Devices().Values.Single().GetProperty("connects").GetInt64();
        var (code, output, error) = await DfuProcess.RunAsync([.. flash, .. other, .. bonded]);

        Assert.True(code == 0, error);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(bonded[1], document.RootElement.GetProperty("devices")[0].GetProperty("adapter").GetString());
        var device = (await bench.EndSimulationAsync()).Values.Single();
        Assert.Equal((connects + 1, 1), (device.GetProperty("connects").GetInt64(), device.GetProperty("activations").GetInt64()));
    }

    [Fact]
    public async Task Ctrl_C_before_a_radio_is_open_is_an_interruption_like_any_other()
    {
        using var bench = new Bench();
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using var flash = DfuProcess.Start(
            "flash",
            bench.Package(Size),
            "--adapter",
            $"bridge:tcp://{silent.LocalEndpoint}",
            "--all",
            "--data-dir",
            bench["data"],
            "--json");
        using var connected = await silent.AcceptTcpClientAsync();
        flash.Signal("INT");

        var (code, output, error) = await flash.EndAsync();
        Assert.True(code == 3, error);
        using var document = JsonDocument.Parse(output);
        AssertShape(document.RootElement);
        Assert.Equal("interrupted", document.RootElement.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Ctrl_C_stops_cleanly_and_the_same_command_goes_on()
    {
        using var bench = new Bench();
        string[] flash = ["flash", bench.Package(2 * Size), "--all", "--count", "3", "--data-dir", bench["data"], "--json"];
        await bench.SimulateAsync(1, "--devices", "3", "--time-scale", "5");
        using var interrupted = DfuProcess.Start([.. flash, .. bench.Adapters]);
        await bench.ReceivedAsync(100_000);
        interrupted.Signal("INT");
        var (code, output, _) = await interrupted.EndAsync();

        Assert.Equal(3, code);
        using (var document = JsonDocument.Parse(output)) Assert.Equal("interrupted", document.RootElement.GetProperty("outcome").GetString());

        var again = await DfuProcess.RunAsync([.. flash, .. bench.Adapters]);
        Assert.True(again.Code == 0, again.Error);
        using var end = JsonDocument.Parse(again.Output);
        AssertCountsAgree(end.RootElement, await bench.EndSimulationAsync(), 3, interruptions: 1);
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_or_radio_is_refused_by_name()
    {
        using var bench = new Bench();
        var package = bench.Package(Size / 2);
        await bench.SimulateAsync(1, "--devices", "3"); // a bridge gives up a host that takes nothing for 30 s of its time
        using var first = DfuProcess.Start(["flash", package, .. bench.Adapters, "--all", "--count", "3", "--data-dir", bench["data"], "--json"]);
        await bench.ReceivedAsync(10_000);
        first.Signal("STOP"); // so that it cannot be through before the others are refused

        var sameData = await DfuProcess.RunAsync("flash", package, "--adapter", "sim:devices=1", "--all", "--data-dir", bench["data"]);
        Assert.Equal((4, ""), (sameData.Code, sameData.Output));
        Assert.Contains(bench["data"], sameData.Error, StringComparison.Ordinal);
        Assert.EndsWith("(dataDirectoryInUse)\n", sameData.Error, StringComparison.Ordinal);

        var sameRadio = await DfuProcess.RunAsync(["flash", package, .. bench.Adapters, "--all", "--data-dir", bench["other"]]);
        Assert.Equal((4, ""), (sameRadio.Code, sameRadio.Output));
        Assert.Contains(bench.Adapters[1], sameRadio.Error, StringComparison.Ordinal);
        Assert.EndsWith("(adapterInUse)\n", sameRadio.Error, StringComparison.Ordinal);

        first.Signal("CONT");
        var (code, _, error) = await first.EndAsync();
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task A_full_disk_ends_the_run_in_words_and_costs_nothing_that_was_confirmed()
    {
        using var bench = new Bench();
        string[] flash = ["flash", bench.Package(2 * Size), "--all", "--count", "3", "--data-dir", bench["data"], "--json"];
        await bench.SimulateAsync(1, "--devices", "3", "--time-scale", "5");

        // No file may grow beyond this; the runtime's own mappings of code count as files otherwise.
        using var full = DfuProcess.StartAfter(
            "export DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0; trap '' XFSZ; ulimit -f 240",
            [.. flash, .. bench.Adapters]);
        var (code, output, error) = await full.EndAsync();
        Assert.True(code == 4, $"{code}\n{output}\n{error}");
        Assert.Equal("", output);
        Assert.EndsWith("(dataDirectoryUnusable)\n", error, StringComparison.Ordinal);

        var again = await DfuProcess.RunAsync([.. flash, .. bench.Adapters]);
        Assert.True(again.Code == 0, again.Error);
        using var end = JsonDocument.Parse(again.Output);
        AssertCountsAgree(end.RootElement, await bench.EndSimulationAsync(), 3);
    }

    [Fact]
    public async Task A_device_nobody_hears_fails_with_that_reason_and_the_others_are_updated()
    {
        using var bench = new Bench();
        await bench.SimulateAsync(1, "--devices", "2", "--time-scale", "10");
        File.WriteAllLines(bench["targets.csv"], ["device", .. bench.Devices().Keys, "C0:00:00:00:00:02"]);
        var (code, output, error) = await DfuProcess.RunAsync(
            [
                "flash", bench.Package(20_000), .. bench.Adapters, "--targets", bench["targets.csv"], "--patience", "4s", "--data-dir",
                bench["data"], "--report", bench["r.xml"],
            ]);

        Assert.Equal(1, code);
        Assert.Contains("2 of 3 devices updated, 1 not", output, StringComparison.Ordinal);
        Assert.Contains("notHeard", output, StringComparison.Ordinal);
        Assert.Contains("C0:00:00:00:00:02 failed, notHeard", error, StringComparison.Ordinal);
        Assert.Contains("failures=\"1\"", File.ReadAllText(bench["r.xml"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "invalidArgument", "--adapter", "sim:devices=1")]
    [InlineData(2, "invalidArgument", "--adapter", "sim:devices=1", "--all", "--name", "x*")]
    [InlineData(2, "invalidArgument", "--all")]
    [InlineData(2, "invalidArgument", "--adapter", "sim:devices=1", "--device", "C0:00:00:00:00:02", "--count", "3")]
    [InlineData(2, "invalidArgument", "--all", "--adapter", "sim:colour=red")]
    [InlineData(2, "invalidArgument", "--all", "--adapter", "usb:1")]
    [InlineData(2, "invalidArgument", "--all", "--adapter", "sim:devices=1", "--report", "r.pdf")]
    [InlineData(2, "invalidArgument", "--all", "--adapter", "sim:devices=1", "--adapter", "sim:devices=1")]
    [InlineData(4, "adapterNotFound", "--all", "--adapter", "bridge:tcp://127.0.0.1:NOBODY")]
    public async Task What_cannot_work_is_refused_in_one_line(int code, string error, params string[] arguments)
    {
        using var bench = new Bench();
        var refused = await DfuProcess.RunAsync(
            ["flash", bench.Package(5000), "--data-dir", bench["data"], .. arguments.Select(argument => argument.Replace("NOBODY", $"{Bench.SilentPort()}"))]);
        Assert.True(refused.Code == code, refused.Error);
        Assert.Equal("", refused.Output);
        Assert.EndsWith($"({error})\n", refused.Error, StringComparison.Ordinal);
        Assert.Single(refused.Error.TrimEnd('\n').Split('\n'), line => line.Contains(" - ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_in_use_is_said_plainly()
    {
        using var bench = new Bench();
        await bench.SimulateAsync(1);
        var (code, output, error) = await DfuProcess.RunAsync("simulate", "--listen", bench.Adapters[1]["bridge:tcp://".Length..]);
        Assert.Equal((4, ""), (code, output));
        Assert.EndsWith("(listenFailed)\n", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    /// <param name="interruptions">Kills and stops; each may fall between a packet's leaving and its being counted.</param>
    private static void AssertCountsAgree(JsonElement document, Dictionary<string, JsonElement> devices, int count, int interruptions = 0)
    {
        const int Packet = 244;
        Assert.Equal(count, devices.Count);
        foreach (var device in document.GetProperty("devices").EnumerateArray())
        {
            var there = devices[device.GetProperty("device").GetString()!];
            Assert.Equal(1, there.GetProperty("activations").GetInt32());
            Assert.Equal("updated", device.GetProperty("outcome").GetString());
            Assert.InRange(Math.Abs(there.GetProperty("firmwareBytes").GetInt64() - device.GetProperty("bytesSent").GetInt64()), 0, interruptions * Packet);
        }
    }

    private static void AssertShape(JsonElement document)
    {
        Assert.Equal(["outcome", "packageId", "devices", "totals"], Names(document));
        Assert.Equal(["devices", "updated", "failed", "bytesSent", "bytesResent", "seconds"], Names(document.GetProperty("totals")));
        foreach (var device in document.GetProperty("devices").EnumerateArray())
        {
            Assert.Equal(
                ["device", "outcome", "error", "detail", "attempts", "bytesTotal", "bytesSent", "bytesResent", "resumes", "adapter", "seconds"],
                Names(device));
            foreach (var resume in device.GetProperty("resumes").EnumerateArray()) Assert.Equal(["stored", "held", "diagnosis"], Names(resume));
        }
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private static void AssertEveryLineIsPlain(string text) => Assert.DoesNotContain('\u001b', text);
}
