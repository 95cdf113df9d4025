using Dfu.Adapters.Simulated;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>Bytes are sent again only for what the bootloader lost, and for one object each time that a link which carried some drops.</summary>
internal sealed class ResentBytes(Cluster cluster)
{
    private const int ObjectBytes = 4096;

    private readonly Dictionary<VirtualDevice, Sums> _sums = [];

    /// <summary>A link to the device is up; the last one has ended.</summary>
    /// <returns>Is shown every write.</returns>
    public LinkWork Linked(VirtualDevice device)
    {
        var sums = Of(device);
        sums.Drops += sums.Link.IsDropped;
        return sums.Link = new();
    }

    /// <summary>The last link has sent everything.</summary>
    public void Activated(VirtualDevice device, int bytes)
    {
        var sums = Of(device);
        sums.Link = new();
        sums.Needed += bytes;
        sums.NeededUntil = device.Counters.FirmwareBytes;
    }

    /// <summary>What the device held had to make room for another image.</summary>
    public void Replaced(VirtualDevice device, int held) => Of(device).Replaced += held;

    /// <summary>A packet reaches the device changed: its object is sent again.</summary>
    public void Garbled(VirtualDevice device) => Of(device).Replaced += ObjectBytes;

    /// <summary>The device does not do what it says: the whole image may have to be sent again.</summary>
    public void Confused(VirtualDevice device) => Of(device).Confused++;

    /// <param name="largest">Bytes of the largest image that may have been sent to it.</param>
    public void Check(VirtualDevice device, long largest)
    {
        var (sums, counters) = (Of(device), device.Counters);
        var needed = sums.Needed + Math.Min(largest, counters.FirmwareBytes - sums.NeededUntil);
        var (resent, lost) = (counters.FirmwareBytes - needed, counters.LostBytes + counters.OverrunBytes + sums.Replaced);
        var drops = sums.Drops + sums.Link.IsDropped;
        if (resent > lost + (drops * ObjectBytes) + (sums.Confused * (largest + ObjectBytes)))
            cluster.Violate($"{device.ApplicationAddress} was sent {resent} bytes again; it had lost {lost}, and {drops} links ended in the middle");
    }

    private Sums Of(VirtualDevice device)
    {
        if (!_sums.TryGetValue(device, out var sums)) _sums[device] = sums = new();
        return sums;
    }

    private sealed class Sums
    {
        public LinkWork Link { get; set; } = new();

        /// <summary>Links that ended in the middle.</summary>
        public int Drops { get; set; }

        /// <summary>What was activated, and how much had been sent by then.</summary>
        public long Needed { get; set; }
        public long NeededUntil { get; set; }
        public long Replaced { get; set; }
        public int Confused { get; set; }
    }
}

/// <summary>What one link is at.</summary>
internal sealed class LinkWork
{
    private bool _isData;
    private bool _hasSent;

    /// <summary>Sent of the object that it is at.</summary>
    public int Bytes { get; private set; }

    /// <summary>Nothing was written since EXECUTE.</summary>
    public bool IsExecuting { get; private set; }

    /// <summary>1 when it has sent data and ends here, else 0.</summary>
    public int IsDropped => _hasSent ? 1 : 0;

    public void Wrote(DfuCharacteristic characteristic, ReadOnlySpan<byte> value)
    {
        var isControl = characteristic == DfuCharacteristic.ControlPoint;
        if (isControl && value is [OpCode.Create or OpCode.Select, var type, ..]) (_isData, Bytes) = (type == (byte)ObjectType.Data, 0);
        if (characteristic == DfuCharacteristic.Packet && _isData) (_hasSent, Bytes) = (true, Bytes + value.Length);
        IsExecuting = isControl && _isData && value is [OpCode.Execute];
    }
}
