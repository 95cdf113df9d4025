using System.Runtime.InteropServices;
using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Campaigns;

/// <summary>A campaign's devices as a follower was told of them, and the views that come of them. For one caller at a time.</summary>
public sealed class CampaignPicture
{
    private readonly List<DeviceRow?> _rows = [];
    private readonly Dictionary<int, int> _rssi = [];

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _rows.Clear();
        _rssi.Clear();
    }

    public void Take(DeviceRow row)
    {
        while (_rows.Count <= row.Index) _rows.Add(null); // until the last of them has come
        _rows[row.Index] = row;
    }

    /// <summary>Devices that are not in it are not heard any more.</summary>
    public void Hear(SignalColumns signals)
    {
        _rssi.Clear();
        for (var i = 0; i < signals.Device.Length; i++) _rssi[signals.Device[i]] = signals.Rssi[i];
    }

    /// <summary>For when every device's row is there.</summary>
    public CampaignView View(CampaignFrame frame)
    {
        var devices = new DeviceView[_rows.Count];
        for (var i = 0; i < devices.Length; i++)
        {
            var (view, since) = (_rows[i]!.View, _rows[i]!.Since);
            if (_rssi.TryGetValue(i, out var rssi)) view = view with { Rssi = rssi };
            devices[i] = since is { } begun ? view with { Seconds = Math.Max(0, (frame.At - begun).TotalSeconds) } : view;
        }

        for (var i = 0; i < frame.Transfers.Device.Length; i++)
        {
            var transfer = frame.Transfers[i];
            devices[transfer.Device] = transfer.Over(devices[transfer.Device]);
        }

        return new()
        {
            Id = frame.Id,
            PackageId = frame.PackageId,
            Outcome = frame.Outcome,
            Standing = frame.Standing,
            GoesOn = frame.GoesOn,
            Collecting = frame.Collecting,
            Devices = ImmutableCollectionsMarshal.AsImmutableArray(devices),
            Adapters = frame.Adapters,
            Notices = frame.Notices,
            Seconds = frame.Seconds,
        };
    }
}
