using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.BlueZ.Rig.VirtualControllers;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

/// <summary>A room of devices, and a controller for each host plugged into memory, in virtual time.</summary>
internal sealed class Bench : IDisposable
{
    private readonly SimulatedAir _air;

    private Bench(LinkModel? link) => _air = new SimulatedAir(Time, link ?? LinkModel.Perfect, 1);

    public VirtualTime Time { get; } = new();

    public List<string> Log { get; } = [];

    public IReadOnlyList<VirtualDevice> Devices => _air.Devices;

    public static void Run(Func<Bench, Task> body, int devices = 1, LinkModel? link = null, Func<VirtualDeviceOptions, VirtualDeviceOptions>? options = null)
    {
        using var bench = new Bench(link);
        for (var i = 0; i < devices; i++)
        {
            var plain = new VirtualDeviceOptions { ApplicationAddress = VirtualDeviceOptions.AddressFor(1, i), RequireSigned = false };
            bench._air.Add(options?.Invoke(plain) ?? plain);
        }

        bench.Time.Run(() => body(bench));
    }

    public async Task<(VirtualController Controller, SmallHost Host, SimulatedAdapterSource Source)> PlugInAsync(AdapterModel? model = null, int buffers = 8)
    {
        var source = _air.CreateAdapter("sim", model ?? new AdapterModel());
        var transport = new MemoryTransport();
        var options = new ControllerOptions { Address = BluetoothAddress.Parse("02:00:00:00:12:34"), Buffers = buffers, Log = Log.Add };
        var controller = new VirtualController(await source.OpenAsync(CancellationToken.None), transport, options, Time);
        var host = new SmallHost(transport);
        await host.StartAsync();
        return (controller, host, source);
    }

    public Task Wait(double milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Time);

    public void Dispose() => _air.Dispose();
}
