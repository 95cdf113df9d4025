using System.Buffers.Binary;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Puts the ACL fragments of one link together to L2CAP packets: length and channel as u16, then the payload.</summary>
internal sealed class L2CapAssembler
{
    private const int Header = 4;

    private readonly List<byte> _collected = [];
    private int _expected;

    /// <param name="continues">Whether the fragment goes on with the packet of the one before.</param>
    /// <returns>Whether the fragment ended a packet. One that fits nowhere is thrown away with what it should have continued.</returns>
    public bool TryAdd(bool continues, ReadOnlySpan<byte> fragment, out ushort channel, out byte[] payload)
    {
        (channel, payload) = (0, []);
        if (!continues)
        {
            _collected.Clear();
            if (fragment.Length < Header) return false;
            _expected = Header + BinaryPrimitives.ReadUInt16LittleEndian(fragment);
        }
        else if (_collected.Count == 0)
        {
            return false;
        }

        _collected.AddRange(fragment);
        if (_collected.Count < _expected) return false;
        var whole = _collected.ToArray();
        _collected.Clear();
        if (whole.Length > _expected) return false;
        channel = BinaryPrimitives.ReadUInt16LittleEndian(whole.AsSpan(2));
        payload = whole[Header..];
        return true;
    }

    /// <summary>The packet with its header, cut into ACL packets of a link.</summary>
    public static IEnumerable<byte[]> Cut(ushort handle, ushort channel, byte[] payload, int fragmentBytes)
    {
        byte[] whole = [.. HciEvents.U16(payload.Length), .. HciEvents.U16(channel), .. payload];
        for (var at = 0; at < whole.Length; at += fragmentBytes)
        {
            var part = whole.AsSpan(at, Math.Min(fragmentBytes, whole.Length - at));
            yield return [HciPacket.Acl, .. HciEvents.U16(handle | (at == 0 ? 0x2000 : 0x1000)), .. HciEvents.U16(part.Length), .. part];
        }
    }
}
