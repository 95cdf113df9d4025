using System.Text.Json;

namespace Dfu.Cli.Tests.Processes;

/// <summary>Fifty devices in one process, the command that updates them in another, killed at ten random moments.</summary>
public sealed class KillTests
{
    private const int Devices = 50;
    private const int Kills = 10;
    private const int Object = 4096;
    private const int Size = 50 * Object;
    private const int Packet = 244;
    private const int PacketsInRadio = 6;

    /// <param name="objects">
    /// What one kill may cost a device at most. A campaign that has seen no link drop saves less and less often, and a kill is no drop: it may cost an image.
    /// </param>
    [Theory]
    [InlineData("true", 2)]
    [InlineData("false", Size / Object)]
    public async Task Killed_at_ten_random_moments_it_updates_all_and_sends_little_twice(string saves, int objects)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        using var bench = new Bench();
        string[] flash = ["flash", bench.Package(Size), "--all", "--count", $"{Devices}", "--data-dir", bench["data"], "--json"];
        await bench.SimulateAsync(4, "--devices", $"{Devices}", "--time-scale", "10", "--save-progress", saves);
        foreach (var share in Enumerable.Range(0, Kills).Select(_ => random.NextDouble()).Order())
        {
            using var killed = DfuProcess.Start([.. flash, .. bench.Adapters]);
            await bench.ReceivedAsync((long)(0.9 * share * Devices * Size));
            await killed.KillAsync();
        }

        var (code, output, error) = await DfuProcess.RunAsync([.. flash, .. bench.Adapters]);

        Assert.True(code == 0, $"seed {seed}: {error}");
        var devices = await bench.EndSimulationAsync();
        using var document = JsonDocument.Parse(output);
        Assert.Equal(Devices, devices.Count);
        foreach (var device in document.RootElement.GetProperty("devices").EnumerateArray())
        {
            var there = devices[device.GetProperty("device").GetString()!];
            var received = there.GetProperty("firmwareBytes").GetInt64();
            var interruptions = there.GetProperty("connects").GetInt32() - 1;
            var overrun = Bench.Overrun(there, saves == "true");
            var why = $"seed {seed}, {device}, {there}";
            Assert.True(there.GetProperty("activated").GetProperty("bytes").GetInt32() == Size, why);
            Assert.True(there.GetProperty("createCommands").GetInt32() <= 1 + interruptions, why);
            Assert.True(received - Size - overrun <= (long)interruptions * objects * Object, why);

            // A kill falls between a packet's leaving and its being counted now and then, and a link that drops takes the packets along
            // that its radio still held: they were sent, and never arrived.
            var inTheAir = there.GetProperty("drops").GetInt32() * PacketsInRadio;
            Assert.True(Math.Abs(received - device.GetProperty("bytesSent").GetInt64()) <= (interruptions + inTheAir) * Packet, why);
        }
    }
}
