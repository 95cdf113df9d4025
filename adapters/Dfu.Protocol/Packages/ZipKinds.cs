using System.Text;
using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>What a zip archive is, seen from the names and the manifest in it.</summary>
internal static class ZipKinds
{
    private const string MakePackage = "Unpack it, and make a package of its firmware with 'dfu package create'.";
    private const string NameTheFile = "Unpack it, and give the package that is in it.";

    /// <summary>What updates everything that boots by MCUboot.</summary>
    internal const string Smp = "Update it by SMP, with mcumgr or nRF Connect Device Manager: its bootloader is MCUboot, not Nordic's Secure DFU.";

    private static readonly FileKind Secure = new(
        FileFamily.SecurePackage,
        "a Secure DFU package",
        InsteadOfFirmware: "It is made already: look into it with 'dfu package show', or send it with 'dfu flash'.");

    private static readonly FileKind Mcuboot = new(FileFamily.Other, "an nRF Connect SDK package for MCUboot", Smp);

    internal static readonly FileKind Suit = new(
        FileFamily.Other,
        "an update for SUIT (nRF Connect SDK)",
        "Update it by SMP, with mcumgr or nRF Connect Device Manager.");

    /// <summary>Other things that are zip archives, by an entry all of them have.</summary>
    private static readonly (string Entry, FileKind Kind)[] Others =
    [
        ("AndroidManifest.xml", new(FileFamily.Other, "an Android application (APK)")),
        ("META-INF/MANIFEST.MF", new(FileFamily.Other, "a Java archive (JAR)")),
        ("[Content_Types].xml", new(FileFamily.Other, "an office document")),
        ("Payload/", new(FileFamily.Other, "an iOS application (IPA)")),
    ];

    private static readonly string[] FirmwareExtensions = [".hex", ".bin", ".elf", ".axf", ".uf2", ".s19", ".srec"];

    public static bool IsZip(ReadOnlySpan<byte> content) => content.StartsWith("PK\x03\x04"u8) || content.StartsWith("PK\x05\x06"u8);

    /// <returns>Null for a zip that tells nothing: no manifest and no names that are known.</returns>
    public static FileKind? Of(ReadOnlySpan<byte> zip)
    {
        var content = zip.ToArray();
        try
        {
            return Of(ZipEntries.Open(content), depth: 0);
        }
        catch (DfuException)
        {
            return OfNames(ZipNames.Of(content)); // it is no package that could be read, but it may be something else
        }
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    public static FileKind? Of(ZipEntries entries) => Of(entries, depth: 0);

    /// <summary>Whether a name decides what an archive is, wherever in it.</summary>
    public static bool IsTelling(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, Manifest.FileName) || (name.Length > 4 && Ascii.EqualsIgnoreCase(name[^4..], ".zip"))) return true;
        foreach (var (entry, _) in Others)
        {
            if (name.Length >= entry.Length && Ascii.Equals(name[..entry.Length], entry)) return true;
        }

        return false;
    }

    /// <summary>For an archive that is not read: too many entries, or unsafe ones.</summary>
    public static FileKind? OfNames(IReadOnlyCollection<string> names)
    {
        var own = names.Where(IsOwn).ToList();
        if (own.Exists(name => name.Equals(Manifest.FileName, StringComparison.OrdinalIgnoreCase))) return null;
        if (Others.FirstOrDefault(other => own.Exists(name => name.StartsWith(other.Entry, StringComparison.Ordinal))).Kind is { } other) return other;
        if (own.Find(name => name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase)) is { } inner) return Nested(inner, null);
        if (own.Find(IsFirmware) is { } firmware)
            return new(FileFamily.Other, $"a zip archive with firmware in it ({OneLine.Quoted(firmware)}) and no manifest", MakePackage);
        if (own is not [var first, ..]) return new(FileFamily.Other, "a zip archive with nothing in it") { PackageError = DfuError.PackageManifestInvalid };
        return new(FileFamily.Other, $"a zip archive without a manifest; it holds {OneLine.Quoted(first)}{(own.Count > 1 ? " and more" : "")}");
    }

    private static FileKind? Of(ZipEntries entries, int depth)
    {
        if (entries.Find(Manifest.FileName) is { } manifest) return OfManifest(entries, manifest);
        var own = entries.Names.Where(IsOwn).ToList();
        if (own.Exists(IsNestedManifest)
            && !own.Exists(name => name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase)))
            return OfManifest(entries, own.First(IsNestedManifest)) is { Family: FileFamily.Other } other ? other : null; // the reader says where it must be
        if (OfPairs(entries, own) is { } pairs) return pairs;
        if (depth == 0 && InnerZip(entries, own) is (var inner, var kind)) return Nested(inner, kind);
        if (depth == 0 && own.Find(IsFirmware) is { } firmware && Content(entries, firmware) is { Family: FileFamily.Other } held)
            return Nested(firmware, held);
        return OfNames(own);
    }

    private static bool IsNestedManifest(string name) => name.EndsWith('/' + Manifest.FileName, StringComparison.OrdinalIgnoreCase);

    private static bool IsFirmware(string name) => FirmwareExtensions.Contains(Path.GetExtension(name).ToLowerInvariant());

    private static FileKind? Content(ZipEntries entries, string name)
    {
        try
        {
            return FileKinds.Recognise(entries.Read(name, PackageLimits.ImageBytes, DfuError.PackageTooLarge), name);
        }
        catch (DfuException)
        {
            return null;
        }
    }

    /// <summary>A package within an archive, such as GitHub makes of every artifact.</summary>
    private static FileKind Nested(string inner, FileKind? kind) => kind switch
    {
        { Family: FileFamily.SecurePackage } => new(
            FileFamily.Other,
            $"a zip archive around a package: {OneLine.Quoted(inner)}",
            $"Unpack it, and give {OneLine.Quoted(inner)}."),
        { } other => other with { Name = $"a zip archive around {OneLine.Quoted(inner)}, which is {other.Name}" },
        _ => new(FileFamily.Other, $"a zip archive with another one in it: {OneLine.Quoted(inner)}", NameTheFile),
    };

    /// <summary>The first package among the archives within this one, or else the first archive.</summary>
    private static (string Name, FileKind? Kind)? InnerZip(ZipEntries entries, List<string> names)
    {
        const int MostRead = 4;
        (string, FileKind?)? first = null;
        foreach (var name in names.Where(name => name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase)).Take(MostRead))
        {
            var kind = Inside(entries, name);
            if (kind is { Family: FileFamily.SecurePackage }) return (name, kind);
            first ??= (name, kind);
        }

        return first;
    }

    private static FileKind? Inside(ZipEntries entries, string name)
    {
        try
        {
            return Of(ZipEntries.Open(entries.Read(name, PackageLimits.ImageBytes, DfuError.PackageTooLarge)), depth: 1);
        }
        catch (DfuException)
        {
            return null;
        }
    }

    private static FileKind? OfManifest(ZipEntries entries, string name)
    {
        try
        {
            var json = entries.Read(name, PackageLimits.ManifestBytes, DfuError.PackageTooLarge);
            using var document = JsonDocument.Parse(json.AsMemory(json.Length - FileKinds.WithoutMark(json).Length));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;
            if (root.TryGetProperty("manifest", out _)) return IsLegacy(entries, json) ? LegacyPackage.Kind : Secure;
            if (!root.TryGetProperty("files", out var files) && !root.TryGetProperty("format-version", out _)) return null;
            var suit = entries.Names.Any(entry => entry.EndsWith(".suit", StringComparison.OrdinalIgnoreCase));
            return suit ? Suit : Mcuboot;
        }
        catch (Exception e) when (e is DfuException or JsonException or InvalidOperationException)
        {
            return null; // the reader says what is wrong
        }
    }

    /// <summary>Nordic's first secure packages have some members of legacy manifests too: only the init packet decides.</summary>
    private static bool IsLegacy(ZipEntries entries, byte[] json)
    {
        var images = Manifest.Read(json).Images;
        return images.Count > 0 && images.All(image =>
        {
            var packet = entries.Read(image.DatFile, PackageLimits.InitPacketBytes, DfuError.InitPacketTooLarge);
            return !InitPacket.TryParse(packet, out _, out _) && (image.IsLegacy || LegacyPackage.IsInitPacket(packet));
        });
    }

    /// <summary>Firmware and init packet side by side without a manifest: SDK 7 and older, or a manifest that was lost.</summary>
    private static FileKind? OfPairs(ZipEntries entries, List<string> names)
    {
        foreach (var dat in names.Where(name => name.EndsWith(".dat", StringComparison.OrdinalIgnoreCase)))
        {
            var stem = dat[..^4];
            if ((entries.Find(stem + ".bin") ?? entries.Find(stem + ".hex")) is null) continue;
            byte[] packet;
            try
            {
                packet = entries.Read(dat, PackageLimits.InitPacketBytes, DfuError.InitPacketTooLarge);
            }
            catch (DfuException)
            {
                continue;
            }

            if (InitPacket.TryParse(packet, out _, out _))
                return new(FileFamily.Other, "a Secure DFU package that has lost its manifest.json", "Give the zip as it was made.", MakePackage)
                {
                    PackageError = DfuError.PackageManifestInvalid,
                };
            if (LegacyPackage.IsInitPacket(packet))
                return LegacyPackage.Kind with { Name = "a legacy DFU package without a manifest (SDK 7 or older)" };
        }

        return null;
    }

    /// <summary>Not what macOS adds to every archive it makes, and no folders.</summary>
    private static bool IsOwn(string name) =>
        !name.StartsWith("__MACOSX/", StringComparison.Ordinal) && !name.EndsWith('/') && !name.EndsWith(".DS_Store", StringComparison.Ordinal);
}
