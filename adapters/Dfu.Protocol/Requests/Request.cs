using System.Buffers.Binary;

namespace Dfu.Protocol.Requests;

/// <summary>Requests as they are written to the control point; all numbers little-endian.</summary>
public static class Request
{
    public static byte[] Create(ObjectType type, uint size)
    {
        var bytes = new byte[6];
        bytes[0] = OpCode.Create;
        bytes[1] = (byte)type;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(2), size);
        return bytes;
    }

    /// <param name="packets">A packet receipt notification after every so many packets; 0 turns them off.</param>
    public static byte[] SetPrn(ushort packets) => [OpCode.SetPrn, (byte)packets, (byte)(packets >> 8)];

    public static byte[] GetCrc() => [OpCode.GetCrc];

    public static byte[] Execute() => [OpCode.Execute];

    public static byte[] Select(ObjectType type) => [OpCode.Select, (byte)type];

    public static byte[] Abort() => [OpCode.Abort];
}
