using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Adapters;

/// <summary>Measures what gets through one adapter, and with how many transfers at once.</summary>
/// <remarks>
/// The rate of a transfer is taken from one confirmation to the next, so that short windows measure it well, and a link that has dropped and is not yet
/// known to have does not blur it.
/// </remarks>
public sealed class GoodputMeter(TimeProvider time)
{
    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(20);

    /// <summary>Confirmations of each transfer that make a measurement.</summary>
    private const int ConfirmationsEach = 2;

    /// <summary>In a window the number of transfers changes by one at most, or by this part of them.</summary>
    private const int Tolerance = 5;

    /// <summary>Transfers that send, and when each was confirmed last; null before the first time, which takes longer than those that follow.</summary>
    private readonly Dictionary<BluetoothAddress, long?> _sending = [];
    private int _steady;
    private long _began = time.GetTimestamp();
    private long _ticked = time.GetTimestamp();
    private TimeSpan _held;
    private TimeSpan _sent;
    private TimeSpan _confirmedIn;
    private long _confirmed;
    private long _kept;
    private int _confirmations;
    private int _losses;
    private bool _full;

    /// <summary>Bytes per second and slot, smoothed, what was lost taken off; 0 when never measured.</summary>
    public double PerTransfer { get; private set; }

    /// <summary>A device with a slot of this adapter has become another state.</summary>
    public void Follow(DeviceState before, DeviceState after)
    {
        var moved = after.BytesConfirmed - before.BytesConfirmed;
        _kept += moved;
        if (after.Phase is not (DevicePhase.Sending or DevicePhase.Saving))
        {
            _sending.Remove(after.Id);
            return;
        }

        var now = time.GetTimestamp();
        if (!_sending.TryGetValue(after.Id, out var since)) _sending[after.Id] = null;
        if (moved <= 0) return;
        _sending[after.Id] = now;
        if (since is not { } last) return;
        _confirmed += moved;
        _confirmedIn += time.GetElapsedTime(last, now);
        _confirmations++;
    }

    /// <summary>An attempt of a device has ended.</summary>
    public void Ended(BluetoothAddress device, DfuError error)
    {
        _sending.Remove(device);
        if (error is DfuError.LinkLost or DfuError.ConnectFailed) _losses++;
    }

    /// <summary>A measurement when enough has been seen, else null. To be called several times a second.</summary>
    /// <param name="slots">Slots that are taken, of <paramref name="limit"/>.</param>
    public LoadSample? Tick(int slots, int limit)
    {
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(_ticked, now);
        _ticked = now;
        if (_sending.Count == 0 || Math.Abs(_sending.Count - _steady) > Math.Max(1, _steady / Tolerance))
        {
            Restart(now);
            return null;
        }

        _held += elapsed * slots;
        _sent += elapsed * _sending.Count;
        _full |= slots >= limit;
        var window = time.GetElapsedTime(_began, now);
        if (window < ShortestWindow) return null;
        var sending = _sent / window;
        if (_confirmations < Math.Max(1, ConfirmationsEach * sending) && window < LongestWindow) return null;

        if (_held > TimeSpan.Zero) PerTransfer = Math.Max(0, Smoothed.Learn(PerTransfer, _kept / _held.TotalSeconds));
        var sample = _confirmedIn == TimeSpan.Zero ? null : new LoadSample(sending, _confirmed / _confirmedIn.TotalSeconds, _losses, _sent.TotalSeconds, _full);
        Restart(now);
        _losses = 0;
        return sample;
    }

    private void Restart(long now)
    {
        (_began, _steady) = (now, _sending.Count);
        (_held, _sent, _confirmedIn) = (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        (_confirmed, _kept, _confirmations, _full) = (0, 0, 0, false);
    }
}
