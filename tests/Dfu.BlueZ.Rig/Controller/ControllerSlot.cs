using Dfu.Adapters.Simulated;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>One place for a controller over an air: pulled out and put in again, it comes back with its address and as a new <c>hciN</c>.</summary>
/// <param name="number">1 and up, as the operator says it.</param>
internal sealed class ControllerSlot(int number, SimulatedAdapterSource source, ControllerOptions options, TimeProvider time) : IAsyncDisposable
{
    private VirtualController? _controller;

    /// <summary>A public address that only seed and number decide, locally administered.</summary>
    public static BluetoothAddress AddressFor(int seed, int number) =>
        new(0x02_00_00_00_00_00ul | ((ulong)(unchecked((uint)seed * 2654435761u) & 0xff_ffff) << 8) | (byte)number);

    /// <returns>Its number as hciN, null when it is up already.</returns>
    /// <exception cref="IOException">This kernel makes none.</exception>
    public async Task<int?> UpAsync()
    {
        if (_controller is { Ended.IsCompleted: false }) return null;
        source.Revive();
        var adapter = await source.OpenAsync(CancellationToken.None);
        VhciTransport transport;
        try
        {
            transport = VhciTransport.Open();
        }
        catch (IOException)
        {
            await adapter.DisposeAsync();
            throw;
        }

        _controller = new VirtualController(adapter, transport, options, time);
        var index = await transport.Index;
        options.Log($"controller {number} is hci{index}, {options.Address}");
        return index;
    }

    /// <summary>Unplugged: the host loses it at once, its devices notice after the supervision timeout.</summary>
    public async Task DownAsync()
    {
        source.Kill();
        if (_controller is { } controller) await controller.DisposeAsync();
        _controller = null;
    }

    public void Mute() => _controller?.Mute();

    public void Unmute() => _controller?.Unmute();

    public async ValueTask DisposeAsync() => await DownAsync();
}
