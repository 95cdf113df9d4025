using System.Globalization;
using System.Text;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Fuzz.Targets;

/// <summary>Intel HEX, and what is looked for in it.</summary>
internal sealed class HexTarget : IFuzzTarget
{
    private const int MostWritten = 64 << 10;

    public string Name => "hex";

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            yield return Encoding.ASCII.GetBytes(Write(0x2_6000, [(0, Packages.Firmware(70))]));
            (long, byte[])[] ranges = [(0, Packages.Firmware(20)), (0x1_0000, Packages.Firmware(20)), (0x1000_0000 - 0x1000, [1, 2, 3, 4])];
            yield return Encoding.ASCII.GetBytes(Write(0x1000, ranges));
            yield return Encoding.ASCII.GetBytes(":020000021000EC\r\n:0400000005060708E2\r\n:0400000300003800C1\r\n:00000001FF\r\n");
        }
    }

    public IReadOnlyList<byte[]> Words { get; } =
        [":00000001FF\n"u8.ToArray(), ":020000040002F8\n"u8.ToArray(), ":020000041000EA\n"u8.ToArray(), ":"u8.ToArray()];

    public void Run(byte[] input)
    {
        // A line's checksum is made right, or hardly any line would be read. Lines that end in a question mark stay as they are.
        var text = Mended(input);
        _ = FileKinds.Recognise(text, "app.hex");
        HexImage image;
        try
        {
            image = IntelHex.Read(text, input.Length % 3 == 0 ? 0x1000u : 0);
        }
        catch (DfuException e) when (e.Error == DfuError.FirmwareInvalid)
        {
            Flaw.UnlessOneLine(e.Message);
            return;
        }

        Flaw.If(image.Bytes.Length is 0 or > PackageLimits.ImageBytes, $"{image.Bytes.Length} bytes");
        Flaw.If(image.Given.Count == 0 || image.Given[0].Start != image.Start, "what is given does not begin where the bytes do");
        if (image.Given.Sum(static range => range.Length) > MostWritten) return;
        var given = image.Given.Select(range => (Offset: (int)(range.Start - image.Start), range.Length));
        var written = Write(image.Start, given.Select(range => ((long)range.Offset, image.Bytes.Slice(range.Offset, (int)range.Length).ToArray())));
        var again = IntelHex.Read(Encoding.ASCII.GetBytes(written));
        Flaw.If(again.Start != image.Start || !again.Bytes.Span.SequenceEqual(image.Bytes.Span), "written and read again it is another image");
        Flaw.If(!again.Given.SequenceEqual(image.Given), "written and read again it gives other bytes");
    }

    private static byte[] Mended(byte[] input)
    {
        var lines = Encoding.Latin1.GetString(input).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            if (line.Length < 11 || line[0] != ':' || line.Length % 2 == 0 || !line.AsSpan(1).ContainsOnlyHex()) continue;
            var bytes = Convert.FromHexString(line.AsSpan(1, line.Length - 3));
            lines[i] = line[..^2] + ((byte)-bytes.Sum(static value => value)).ToString("X2", CultureInfo.InvariantCulture);
        }

        return Encoding.Latin1.GetBytes(string.Join('\n', lines));
    }

    private static string Write(uint start, IEnumerable<(long Offset, byte[] Bytes)> ranges)
    {
        var text = new StringBuilder();
        foreach (var (offset, bytes) in ranges)
        {
            for (var at = 0; at < bytes.Length;)
            {
                var address = start + offset + at;
                var count = Math.Min(16, bytes.Length - at);
                Append(text, 0, 4, [(byte)(address >> 24), (byte)(address >> 16)]);
                Append(text, (ushort)address, 0, bytes.AsSpan(at, count));
                at += count;
            }
        }

        Append(text, 0, 1, []);
        return text.ToString();
    }

    private static void Append(StringBuilder text, ushort address, byte type, ReadOnlySpan<byte> data)
    {
        byte[] record = [(byte)data.Length, (byte)(address >> 8), (byte)address, type, .. data];
        var sum = (byte)-record.Sum(static value => value);
        text.Append(CultureInfo.InvariantCulture, $":{Convert.ToHexString(record)}{sum:X2}\n");
    }
}

internal static class HexText
{
    public static bool ContainsOnlyHex(this ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigit(character)) return false;
        }

        return true;
    }
}
