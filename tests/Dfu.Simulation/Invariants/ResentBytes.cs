using Dfu.Adapters.Simulated;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>Bytes are sent again only for what the bootloader lost, and for what was sent of the one object that a link ended in.</summary>
internal sealed class ResentBytes(Cluster cluster)
{
    private const int ObjectBytes = 4096;

    private readonly Dictionary<VirtualDevice, Sums> _sums = [];

    /// <summary>A link to the device is up; the last one has ended.</summary>
    /// <returns>Is shown every write.</returns>
    public OpenObject Linked(VirtualDevice device)
    {
        var sums = Of(device);
        sums.Cut += sums.Link.Bytes;
        return sums.Link = new();
    }

    /// <summary>What the last link sent at the end was executed.</summary>
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
        var cut = sums.Cut + sums.Link.Bytes;
        if (resent > lost + cut + (sums.Confused * (largest + ObjectBytes)))
            cluster.Violate($"{device.ApplicationAddress} was sent {resent} bytes again; it had lost {lost}, and links ended in objects of {cut}");
    }

    private Sums Of(VirtualDevice device)
    {
        if (!_sums.TryGetValue(device, out var sums)) _sums[device] = sums = new();
        return sums;
    }

    private sealed class Sums
    {
        public OpenObject Link { get; set; } = new();

        /// <summary>What links had sent of the objects that they ended in.</summary>
        public long Cut { get; set; }

        /// <summary>What was activated, and how much had been sent by then.</summary>
        public long Needed { get; set; }
        public long NeededUntil { get; set; }
        public long Replaced { get; set; }
        public int Confused { get; set; }
    }
}

/// <summary>What one link has sent of the data object that it is at.</summary>
internal sealed class OpenObject
{
    private bool _isData;

    public int Bytes { get; private set; }

    public void Wrote(DfuCharacteristic characteristic, ReadOnlySpan<byte> value)
    {
        if (characteristic == DfuCharacteristic.Packet && _isData) Bytes += value.Length;
        if (characteristic != DfuCharacteristic.ControlPoint || value is not [OpCode.Create or OpCode.Select, var type, ..]) return;
        _isData = type == (byte)ObjectType.Data;
        if (_isData && value[0] == OpCode.Create) Bytes = 0; // the one before was executed, or did not count
    }
}
