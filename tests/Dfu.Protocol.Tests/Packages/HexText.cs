using System.Text;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>Writes Intel HEX.</summary>
internal static class HexText
{
    public const string End = ":00000001FF\n";

    /// <summary>Data records for consecutive bytes, with extended linear address records wherever the upper half changes.</summary>
    public static string Of(uint start, byte[] bytes, int perRecord = 16)
    {
        var text = new StringBuilder();
        var upper = -1;
        for (var at = 0; at < bytes.Length;)
        {
            var address = start + (uint)at;
            if (upper != (int)(address >> 16))
            {
                upper = (int)(address >> 16);
                text.Append(Record(0x04, 0, [(byte)(upper >> 8), (byte)upper]));
            }

            var count = Math.Min(Math.Min(perRecord, bytes.Length - at), 0x10000 - (int)(address & 0xFFFF));
            text.Append(Record(0x00, (ushort)address, bytes[at..(at + count)]));
            at += count;
        }

        return text.ToString();
    }

    public static string Record(byte type, ushort address, byte[] data)
    {
        byte[] record = [(byte)data.Length, (byte)(address >> 8), (byte)address, type, .. data];
        var checksum = (byte)-record.Sum(b => b);
        return $":{Convert.ToHexString(record)}{checksum:X2}\n";
    }

    public static byte[] Bytes(params string[] parts) => Encoding.ASCII.GetBytes(string.Concat(parts));
}
