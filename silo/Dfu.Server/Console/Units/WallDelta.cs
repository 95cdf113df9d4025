using System.Buffers.Binary;
using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Reports;

namespace Dfu.Server.Console.Units;

/// <summary>What of a campaign's units a browser has not been told yet, in few bytes: see wall.js.</summary>
internal sealed class WallDelta
{
    private const int StateBit = 10;
    private const int IndexBit = 14;
    private const int MostNamesAtOnce = 2000;
    private readonly List<uint> _states = [];
    private readonly List<(string Name, string Address)> _names = [];

    /// <summary>Names and addresses in turn, from an index on.</summary>
    public IEnumerable<(int First, string[] Texts)> Names(ImmutableArray<DeviceView> devices)
    {
        var texts = new List<string>();
        var first = 0;
        for (var i = 0; i < devices.Length; i++)
        {
            var name = (NameOf(devices[i]), devices[i].Application.ToString());
            var known = i < _names.Count && _names[i] == name;
            if (i == _names.Count) _names.Add(name);
            else _names[i] = name;
            if (texts.Count > 0 && (known || texts.Count >= 2 * MostNamesAtOnce))
            {
                yield return (first, [.. texts]);
                texts.Clear();
            }

            if (known) continue;
            if (texts.Count == 0) first = i;
            texts.Add(name.Item1);
            texts.Add(name.Item2);
        }

        if (texts.Count > 0) yield return (first, [.. texts]);
    }

    /// <summary>Four bytes for each unit that stands otherwise than told.</summary>
    public byte[] States(ImmutableArray<DeviceView> devices)
    {
        var changed = new List<uint>();
        for (var i = 0; i < devices.Length; i++)
        {
            var packed = Pack(i, devices[i]);
            if (i < _states.Count && _states[i] == packed) continue;
            if (i == _states.Count) _states.Add(packed);
            else _states[i] = packed;
            changed.Add(packed);
        }

        var bytes = new byte[changed.Count * sizeof(uint)];
        for (var i = 0; i < changed.Count; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), changed[i]);
        return bytes;
    }

    private static string NameOf(DeviceView device) => device.Label is { Serial.Length: > 0 } label ? label.Serial : "";

    private static uint Pack(int index, DeviceView device)
    {
        var share = device.BytesTotal > 0 ? (uint)Math.Clamp(1000 * device.BytesConfirmed / device.BytesTotal, 0, 1000) : 0;
        return ((uint)index << IndexBit) | ((uint)UnitStates.Of(device.Outcome, device.Phase) << StateBit) | share;
    }
}
