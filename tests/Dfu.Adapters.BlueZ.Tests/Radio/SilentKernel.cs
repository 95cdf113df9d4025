using System.Collections.Concurrent;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Radio;

/// <summary>A kernel that permits nothing but what a test says, and remembers what it was asked.</summary>
internal sealed class SilentKernel : IKernelBluetooth
{
    public ConcurrentQueue<string> Asked { get; } = new();

    public bool Permits { get; set; }

    /// <summary>Answers <see cref="IKernelBluetooth.Silence"/>.</summary>
    public Func<TimeSpan?> Unanswered { get; set; } = static () => null;

    public bool MayConfigure => false;

    public bool MayMonitor => false;

    public event Action<int, BluetoothAddress, byte>? Disconnected
    {
        add { }
        remove { }
    }

    public TimeSpan? Silence(int index) => Unanswered();

    public LinkParameters? InForce(int index, BluetoothAddress peer) => null;

    public Task<ControllerAbilities?> AbilitiesAsync(int index, CancellationToken cancellationToken) => Task.FromResult<ControllerAbilities?>(null);

    public Task<bool> SetPoweredAsync(int index, bool on, CancellationToken cancellationToken) => Answer($"power {index} {on}");

    public Task<bool> PreferAsync(int index, BluetoothAddress peer, AddressType type, LinkParameters parameters, CancellationToken cancellationToken) =>
        Answer($"prefer {index} {peer} {parameters.Interval.TotalMilliseconds} {parameters.SupervisionTimeout.TotalSeconds}");

    public Task<bool> Prefer2MAsync(int index, CancellationToken cancellationToken) => Answer($"2M {index}");

    public bool ResetUsb(UsbPlace place)
    {
        Asked.Enqueue($"reset {place.Port}");
        return Permits;
    }

    public void Dispose()
    {
    }

    private Task<bool> Answer(string asked)
    {
        Asked.Enqueue(asked);
        return Task.FromResult(Permits);
    }
}
