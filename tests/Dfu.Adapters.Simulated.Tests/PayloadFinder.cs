using System.IO.Hashing;
using System.Text.RegularExpressions;
using Dfu.Adapters.Simulated.Bootloader;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>Finds the bytes a transcript does not list: from the packages, and where the scenario damaged them on purpose, by the CRC it got.</summary>
internal sealed partial class PayloadFinder
{
    private int _commandSize;

    public TestImage? Image { get; private set; }

    public void OnControl(byte[] value)
    {
        if (value is [0x01, 0x01, .. { Length: 4 } size]) _commandSize = (int)BitConverter.ToUInt32(size);
    }

    /// <summary>The next bytes of the command object.</summary>
    public byte[] Command(int offset, int count, IEnumerable<string> ahead)
    {
        var expected = ExpectedCrc(ahead, offset + count);
        if (expected is not { } crc || offset > 0) return Filler(count);
        var candidates = TestData.Images.Where(image => image.Init.Length == _commandSize).ToList();
        foreach (var candidate in candidates)
        {
            if (Crc32.HashToUInt32(candidate.Init.AsSpan(0, count)) != crc) continue;
            Image = candidate;
            return candidate.Init[..count];
        }

        foreach (var candidate in candidates)
        {
            if (Damaged(0, candidate.Init[..count], crc) is { } damaged) return damaged;
        }

        throw new InvalidOperationException($"no package has an init packet of {_commandSize} bytes with CRC {crc:x8}");
    }

    /// <summary>The next bytes of the image.</summary>
    public byte[] Data(int offset, int count, uint crcSoFar, IEnumerable<string> ahead)
    {
        if (Image is not { } image || offset + count > image.Firmware.Length) return Filler(count);
        var bytes = image.Firmware[offset..(offset + count)];
        if (ExpectedCrc(ahead, offset + count) is not { } crc || StoredCrc.Continue(crcSoFar, bytes) == crc) return bytes;
        return Damaged(crcSoFar, bytes, crc) ?? bytes;
    }

    private static byte[] Filler(int count) => [.. Enumerable.Repeat((byte)0x55, count)];

    /// <summary>The CRC the device reported for this offset, if it was asked before anything else was sent.</summary>
    private static uint? ExpectedCrc(IEnumerable<string> ahead, int offset)
    {
        foreach (var line in ahead)
        {
            if (line.StartsWith("> PACKET", StringComparison.Ordinal) || line.StartsWith("> CTRL    01", StringComparison.Ordinal)) return null;
            if (Crc().Match(line) is { Success: true } match && int.Parse(match.Groups[1].Value) == offset) return Convert.ToUInt32(match.Groups[2].Value, 16);
        }

        return null;
    }

    /// <summary>The bytes with the one of them changed that gives this CRC: a change adds what it alone would give (CRC is linear).</summary>
    private static byte[]? Damaged(uint before, byte[] bytes, uint crc)
    {
        var difference = StoredCrc.Continue(before, bytes) ^ crc;
        var effects = Enumerable.Range(0, 256).Select(change => Crc32.HashToUInt32([(byte)change]) ^ Crc32.HashToUInt32([0])).ToArray();
        for (var at = bytes.Length - 1; at >= 0; at--)
        {
            var change = Array.IndexOf(effects, difference);
            if (change > 0)
            {
                var damaged = (byte[])bytes.Clone();
                damaged[at] ^= (byte)change;
                return damaged;
            }

            // One more zero byte behind the change.
            for (var i = 0; i < effects.Length; i++) effects[i] = ~StoredCrc.Continue(~effects[i], [0]);
        }

        return null;
    }

    [GeneratedRegex(@"^< NOTIFY .*offset=(\d+) crc=([0-9a-f]{8})")]
    private static partial Regex Crc();
}
