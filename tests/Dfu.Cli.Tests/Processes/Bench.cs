using System.Text.Json;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Tests.Processes;

/// <summary>A folder of one test, with a package and a simulator.</summary>
internal sealed class Bench : IDisposable
{
    private DfuProcess? _simulator;

    public string Folder { get; } = Directory.CreateTempSubdirectory("dfu-cli-").FullName;

    public string[] Adapters { get; private set; } = [];

    public string this[string name] => Path.Combine(Folder, name);

    public string Package(int bytes)
    {
        var image = new byte[bytes];
        new Random(bytes).NextBytes(image);
        var zip = PackageWriter.Create(
            new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 1, HwVersion = 52, SdReq = [0x0100] }, null);
        File.WriteAllBytes(this["app.zip"], zip);
        return this["app.zip"];
    }

    public async Task SimulateAsync(int radios, params string[] options)
    {
        string[] listen = [.. Enumerable.Repeat<string[]>(["--listen", "127.0.0.1:0"], radios).SelectMany(pair => pair)];
        _simulator = DfuProcess.Start(["simulate", .. listen, "--state", this["devices"], .. options]);
        var ready = await _simulator.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        Adapters = [.. ready.Split(' ')[1..].SelectMany(address => new[] { "--adapter", $"bridge:tcp://{address}" })];
    }

    /// <summary>Stops the simulator as an operator would; the devices' counts by application address.</summary>
    public async Task<Dictionary<string, JsonElement>> EndSimulationAsync()
    {
        _simulator!.Signal("TERM");
        var (code, _, error) = await _simulator.EndAsync();
        Assert.Equal((0, ""), (code, error));
        return Devices();
    }

    public Dictionary<string, JsonElement> Devices() => JsonDocument.Parse(File.ReadAllText(Path.Combine(this["devices"], "devices.json")))
        .RootElement.GetProperty("devices").EnumerateArray().ToDictionary(device => device.GetProperty("application").GetString()!);

    /// <summary>What a device received again because a queue of its own ran over, and not because anything was interrupted.</summary>
    /// <remarks>
    /// The host lives in real time and the devices in a faster one, where a saving bootloader's save after each object is too
    /// short to be told from none. A link finds out by losing packets, twice at most: a burst of 13 fits behind a save. In the
    /// same time nothing is lost, as the tests in virtual time hold.
    /// </remarks>
    public static long Overrun(JsonElement device, bool saves)
    {
        const int Object = 4096;
        var overrun = device.GetProperty("overrunBytes").GetInt64();
        Assert.True(overrun <= (saves ? 2 * Object * device.GetProperty("connects").GetInt64() : 0), $"{device}");
        return overrun;
    }

    /// <summary>Returns when the devices have received this many firmware bytes together.</summary>
    public async Task ReceivedAsync(long bytes)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 6000; i++)
        {
            if (Devices().Values.Sum(device => device.GetProperty("firmwareBytes").GetInt64()) >= bytes) return;
            await timer.WaitForNextTickAsync();
        }

        throw new TimeoutException($"the devices never received {bytes} bytes");
    }

    /// <summary>A port where nobody listens. Another one every time: radios are locked for the whole machine, by where they are.</summary>
    public static int SilentPort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _simulator?.Dispose();
        Directory.Delete(Folder, true);
    }
}
