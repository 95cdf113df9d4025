using Dfu.Adapters.Simulated;
namespace Dfu.Silo.Simulation;
internal sealed class DeviceStore : IDisposable
{
    public static DeviceStore Open(string d, SimulatedAir air, IEnumerable<VirtualDeviceOptions> o, TimeProvider t) { foreach (var x in o) air.Add(x); return new DeviceStore(); }
    public static Task RunAsync(CancellationToken stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
    public void Dispose() {}
}
