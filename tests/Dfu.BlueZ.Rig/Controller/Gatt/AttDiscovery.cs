using System.Buffers.Binary;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Answers what a host asks of a table's layout: pure, nothing reaches the device.</summary>
internal static class AttDiscovery
{
    private const int LongestTypeValue = 253;

    /// <summary>The response or error to one of the four discovery requests; null for any other request.</summary>
    public static byte[]? Answer(GattTable table, ReadOnlySpan<byte> request, int mtu)
    {
        if (request.IsEmpty) return null;
        var operation = request[0];
        if (operation is not (AttOpCode.FindInformationRequest or AttOpCode.FindByTypeValueRequest
            or AttOpCode.ReadByTypeRequest or AttOpCode.ReadByGroupTypeRequest))
            return null;
        if (request.Length < 5) return Error(operation, 0, AttStatus.InvalidPdu);
        var first = BinaryPrimitives.ReadUInt16LittleEndian(request[1..]);
        var last = BinaryPrimitives.ReadUInt16LittleEndian(request[3..]);
        if (first == 0 || first > last) return Error(operation, first, AttStatus.InvalidHandle);
        var rest = request[5..];
        return operation switch
        {
            AttOpCode.FindInformationRequest => FindInformation(table, first, last, mtu),
            AttOpCode.FindByTypeValueRequest => FindByTypeValue(table, first, last, rest, mtu),
            _ when rest.Length is not (2 or 16) => Error(operation, first, AttStatus.InvalidPdu),
            AttOpCode.ReadByTypeRequest => ReadByType(table, first, last, rest, mtu),
            _ => ReadByGroupType(table, first, last, rest, mtu),
        };
    }

    public static byte[] Error(byte operation, ushort handle, byte status) => [AttOpCode.Error, operation, .. HciEvents.U16(handle), status];

    private static byte[] FindInformation(GattTable table, ushort first, ushort last, int mtu)
    {
        var entries = new List<byte>();
        var typeBytes = 0;
        foreach (var attribute in table.Between(first, last))
        {
            if (typeBytes == 0) typeBytes = attribute.Type.Length;
            if (attribute.Type.Length != typeBytes || 2 + entries.Count + 2 + typeBytes > mtu) break;
            entries.AddRange([.. HciEvents.U16(attribute.Handle), .. attribute.Type]);
        }

        return entries.Count == 0
            ? Error(AttOpCode.FindInformationRequest, first, AttStatus.AttributeNotFound)
            : [AttOpCode.FindInformationRequest + 1, (byte)(typeBytes == 2 ? 1 : 2), .. entries];
    }

    private static byte[] FindByTypeValue(GattTable table, ushort first, ushort last, ReadOnlySpan<byte> rest, int mtu)
    {
        if (rest.Length < 2) return Error(AttOpCode.FindByTypeValueRequest, first, AttStatus.InvalidPdu);
        var entries = new List<byte>();
        foreach (var attribute in table.Between(first, last))
        {
            if (!rest[..2].SequenceEqual(attribute.Type) || !rest[2..].SequenceEqual(attribute.Value)) continue;
            if (1 + entries.Count + 4 > mtu) break;
            var end = attribute.GroupEnd == 0 ? attribute.Handle : attribute.GroupEnd;
            entries.AddRange([.. HciEvents.U16(attribute.Handle), .. HciEvents.U16(end)]);
        }

        return entries.Count == 0
            ? Error(AttOpCode.FindByTypeValueRequest, first, AttStatus.AttributeNotFound)
            : [AttOpCode.FindByTypeValueRequest + 1, .. entries];
    }

    private static byte[] ReadByType(GattTable table, ushort first, ushort last, ReadOnlySpan<byte> type, int mtu)
    {
        var entries = new List<byte>();
        var entryBytes = 0;
        foreach (var attribute in table.Between(first, last))
        {
            if (!type.SequenceEqual(attribute.Type)) continue;
            if (attribute.Kind != AttributeKind.Fixed)
            {
                if (entryBytes == 0) return Error(AttOpCode.ReadByTypeRequest, attribute.Handle, AttStatus.ReadNotPermitted);
                break;
            }

            var value = attribute.Value.AsSpan(0, Math.Min(attribute.Value.Length, Math.Min(mtu - 4, LongestTypeValue)));
            if (entryBytes == 0) entryBytes = 2 + value.Length;
            if (2 + value.Length != entryBytes || 2 + entries.Count + entryBytes > mtu) break;
            entries.AddRange([.. HciEvents.U16(attribute.Handle), .. value]);
        }

        return entries.Count == 0
            ? Error(AttOpCode.ReadByTypeRequest, first, AttStatus.AttributeNotFound)
            : [AttOpCode.ReadByTypeRequest + 1, (byte)entryBytes, .. entries];
    }

    private static byte[] ReadByGroupType(GattTable table, ushort first, ushort last, ReadOnlySpan<byte> type, int mtu)
    {
        if (!type.SequenceEqual(GattUuid.PrimaryService) && !type.SequenceEqual(GattUuid.SecondaryService))
        {
            return Error(AttOpCode.ReadByGroupTypeRequest, first, AttStatus.UnsupportedGroupType);
        }

        var entries = new List<byte>();
        var entryBytes = 0;
        foreach (var attribute in table.Between(first, last))
        {
            if (!type.SequenceEqual(attribute.Type)) continue;
            if (entryBytes == 0) entryBytes = 4 + attribute.Value.Length;
            if (4 + attribute.Value.Length != entryBytes || 2 + entries.Count + entryBytes > mtu) break;
            entries.AddRange([.. HciEvents.U16(attribute.Handle), .. HciEvents.U16(attribute.GroupEnd), .. attribute.Value]);
        }

        return entries.Count == 0
            ? Error(AttOpCode.ReadByGroupTypeRequest, first, AttStatus.AttributeNotFound)
            : [AttOpCode.ReadByGroupTypeRequest + 1, (byte)entryBytes, .. entries];
    }
}
