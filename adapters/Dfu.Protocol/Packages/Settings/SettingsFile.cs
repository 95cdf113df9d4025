using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages.Settings;

/// <summary>A settings page found in a file.</summary>
/// <param name="Address">Null when the file, one page in BIN form, does not say.</param>
/// <param name="Backup">Where the same page is once more; null without one.</param>
public sealed record FoundSettings(SettingsPage Page, uint? Address, uint? Backup);

/// <summary>Settings pages as files: written as Intel HEX, read from HEX or BIN, also out of a whole chip's flash.</summary>
public static class SettingsFile
{
    private const int RecordBytes = 16;
    private const int PageBytes = 0x1000;
    private const int MaxFileBytes = 64 << 20;

    /// <summary>The HEX file that Nordic's tool writes for the same page, byte for byte.</summary>
    public static string ToHex(SettingsPage page, uint address, uint? backup)
    {
        var bytes = page.ToBytes();
        var text = new StringBuilder();
        uint? upper = null;
        foreach (var start in new[] { backup, address }.OfType<uint>().Order())
        {
            for (var at = 0; at < bytes.Length; at += RecordBytes)
            {
                var place = start + (uint)at;
                if (place >> 16 != upper) Append(text, 0, 4, [(byte)(place >> 24), (byte)(place >> 16)]);
                upper = place >> 16;
                Append(text, (ushort)place, 0, bytes.AsSpan(at, Math.Min(RecordBytes, bytes.Length - at)));
            }
        }

        Append(text, 0, 1, []);
        return text.ToString();
    }

    /// <param name="path">HEX or BIN: one page, or as much of a chip's flash as there is.</param>
    /// <param name="start">Where the page is; null looks where bootloaders have it.</param>
    /// <exception cref="DfuException"><see cref="DfuError.PackageNotFound"/> or <see cref="DfuError.FirmwareInvalid"/>: there is no settings page.</exception>
    public static FoundSettings Read(string path, uint? start)
    {
        var content = BoundedFile.Read(path, MaxFileBytes, DfuError.PackageNotFound, DfuError.FirmwareInvalid);
        try
        {
            return Find(content, path, start);
        }
        catch (DfuException e)
        {
            throw new DfuException(e.Error, $"{OneLine.Path(path)}: {e.Message}", e) { Remedy = e.Remedy };
        }
    }

    /// <inheritdoc cref="Read(string, uint?)"/>
    public static FoundSettings Read(byte[] content, uint? start) => Find(content, path: "", start);

    private static FoundSettings Find(byte[] content, string path, uint? start)
    {
        if (FileKinds.IsIntelHex(content))
        {
            var image = IntelHex.Read(content);
            var known = SettingsPlace.All.Select(place => place.Address).Concat(image.Given.Select(range => range.Start).Reverse());
            return Find(image.Bytes, image.Start, start is { } given ? [given] : known) ?? throw None(start);
        }

        var found = content.Length <= PageBytes
            ? SettingsPage.TryParse(content, out var page) ? new(page, start, null) : null
            : Find(content, 0, start is { } at ? [at] : SettingsPlace.All.Select(place => place.Address));
        if (found is not null) return found;
        if (FileKinds.Recognise(content, path) is not { Family: not (FileFamily.Binary or FileFamily.Blank) } kind) throw None(start);
        throw new DfuException(DfuError.FirmwareInvalid, $"this is {kind.Name}") { Remedy = kind.RemedyFor(FileUse.Firmware) };
    }

    /// <summary>Of several pages the first that is whole; else the first that is one at all.</summary>
    private static FoundSettings? Find(ReadOnlyMemory<byte> flash, uint first, IEnumerable<uint> addresses)
    {
        FoundSettings? broken = null;
        foreach (var address in addresses.Distinct())
        {
            if (At(address) is not { IsEmpty: false } bytes || !SettingsPage.TryParse(bytes.Span, out var page)) continue;
            var copy = address >= PageBytes && At(address - PageBytes) is { IsEmpty: false } below && below.Span.StartsWith(bytes.Span[..page.Length]);
            var found = new FoundSettings(page, address, copy ? address - PageBytes : null);
            if (page.CrcMatches) return found;
            broken ??= found;
        }

        return broken;

        ReadOnlyMemory<byte> At(uint address) =>
            address >= first && address - first < flash.Length
                ? flash.Slice((int)(address - first), (int)Math.Min(PageBytes, flash.Length - (address - first)))
                : default;
    }

    private static DfuException None(uint? start) =>
        new(DfuError.FirmwareInvalid, $"there is no bootloader settings page {(start is { } address ? $"at 0x{address:x}" : "in it")}")
        {
            Remedy = "Give what 'dfu settings generate' wrote, or the page as it was read from a chip; --start-address says where it is.",
        };

    private static void Append(StringBuilder text, ushort address, byte type, ReadOnlySpan<byte> data)
    {
        byte[] record = [(byte)data.Length, (byte)(address >> 8), (byte)address, type, .. data];
        text.Append(':').Append(Convert.ToHexString(record)).Append($"{(byte)-record.Sum(value => value):X2}").Append('\n');
    }
}
