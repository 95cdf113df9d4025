using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>A controller of Linux' own, made by writing to <c>/dev/vhci</c>: it is <c>hciN</c> until it is disposed.</summary>
/// <remarks>Kernel, drivers/bluetooth/hci_vhci.c: FF 00 makes a primary controller, and the answer FF 00 carries its number as u16.</remarks>
internal sealed class VhciTransport : IControllerTransport
{
    private const string Device = "/dev/vhci";
    private const byte VendorPacket = 0xff;
    private const int LongestPacket = 4096;

    private readonly Channel<ReadOnlyMemory<byte>> _fromHost =
        Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource<int> _index = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly int _descriptor;
    private readonly int _wake;
    private bool _closing;

    private VhciTransport(int descriptor, int wake)
    {
        (_descriptor, _wake) = (descriptor, wake);
        new Thread(ReadAll) { IsBackground = true, Name = "vhci" }.Start();
    }

    public ChannelReader<ReadOnlyMemory<byte>> FromHost => _fromHost.Reader;

    /// <summary>N of hciN; faults with IOException when the kernel makes none.</summary>
    public Task<int> Index => _index.Task;

    /// <exception cref="IOException">There is no such device (module hci_vhci) or it may not be opened.</exception>
    public static VhciTransport Open()
    {
        var descriptor = VhciNative.Open(Device, VhciNative.ReadWrite | VhciNative.NonBlocking | VhciNative.CloseOnExec);
        if (descriptor < 0) throw Failure($"{Device} cannot be opened");
        var wake = VhciNative.EventFd(0, VhciNative.CloseOnExec);
        if (wake < 0 || VhciNative.Write(descriptor, [VendorPacket, 0], 2) != 2)
        {
            var failure = Failure($"{Device} makes no controller");
            if (wake >= 0) _ = VhciNative.Close(wake);
            _ = VhciNative.Close(descriptor);
            throw failure;
        }

        return new VhciTransport(descriptor, wake);
    }

    public void Send(ReadOnlySpan<byte> packet)
    {
        lock (_gate)
        {
            while (!_closing && VhciNative.Write(_descriptor, packet, packet.Length) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == VhciNative.TryAgain) WaitFor(VhciNative.PollOut);
                else if (error != VhciNative.Interrupted) return; // the reading thread meets the same end
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_closing)
            {
                _closing = true;
                _ = VhciNative.Write(_wake, BitConverter.GetBytes(1ul), sizeof(ulong));
            }
        }

        await _ended.Task;
    }

    private void ReadAll()
    {
        var buffer = new byte[LongestPacket];
        while (WaitFor(VhciNative.PollIn))
        {
            var length = VhciNative.Read(_descriptor, buffer, buffer.Length);
            if (length == 0 || (length < 0 && Marshal.GetLastPInvokeError() is not (VhciNative.TryAgain or VhciNative.Interrupted))) break;
            if (length > 0) Take(buffer.AsSpan(0, (int)length));
        }

        lock (_gate)
        {
            _closing = true;
            _ = VhciNative.Close(_descriptor);
            _ = VhciNative.Close(_wake);
        }

        _index.TrySetException(new IOException($"{Device} has ended without a controller"));
        _ = _index.Task.Exception;
        _fromHost.Writer.TryComplete();
        _ended.TrySetResult();
    }

    private void Take(ReadOnlySpan<byte> packet)
    {
        if (packet is [VendorPacket, _, var low, var high, ..]) _index.TrySetResult(low | (high << 8));
        else if (packet[0] != VendorPacket) _fromHost.Writer.TryWrite(packet.ToArray());
    }

    /// <summary>False when the transport is to close.</summary>
    private bool WaitFor(short events)
    {
        Span<VhciNative.PollEntry> entries =
        [
            new() { Descriptor = _descriptor, Events = events },
            new() { Descriptor = _wake, Events = VhciNative.PollIn },
        ];
        while (VhciNative.Poll(entries, (nuint)entries.Length, -1) < 0)
        {
            if (Marshal.GetLastPInvokeError() != VhciNative.Interrupted) return false;
        }

        return entries[1].Returned == 0;
    }

    private static IOException Failure(string what) => new($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
}
