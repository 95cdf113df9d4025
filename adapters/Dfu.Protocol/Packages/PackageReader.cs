using System.IO.Hashing;
using System.Security.Cryptography;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>Reads DFU packages and checks them before any radio is touched.</summary>
/// <remarks>Takes at most the memory <see cref="PackageLimits"/> allows, whatever the file claims.</remarks>
public static class PackageReader
{
    /// <param name="path">A zip file.</param>
    /// <param name="publicKey">A P-256 key every image must be signed for; null leaves signatures unchecked.</param>
    /// <exception cref="DfuException">The first thing that is wrong, on one line.</exception>
    public static DfuPackage Read(string path, ECDsa? publicKey) => Sound(Inspect(path, publicKey));

    /// <inheritdoc cref="Read(string, ECDsa?)"/>
    public static DfuPackage Read(ReadOnlyMemory<byte> zip, ECDsa? publicKey) => Sound(Inspect(zip, publicKey));

    /// <summary>The facts of a package even if its images break their own hash, size, type or signature.</summary>
    /// <param name="path">A zip file.</param>
    /// <param name="publicKey">As for <see cref="Read(string, ECDsa?)"/>.</param>
    /// <exception cref="DfuException">The key is not a P-256 key (<see cref="DfuError.KeyInvalid"/>).</exception>
    public static PackageInspection Inspect(string path, ECDsa? publicKey)
    {
        DfuKeys.RequireP256(publicKey);
        byte[] zip;
        try
        {
            zip = BoundedFile.Read(path, PackageLimits.ZipBytes, DfuError.PackageNotFound, DfuError.PackageTooLarge);
        }
        catch (DfuException e)
        {
            return Broken(e);
        }

        var inspection = Inspect(zip, path, publicKey);
        return inspection with { Problems = [.. inspection.Problems.Select(problem => problem with { Text = $"{OneLine.Path(path)}: {problem.Text}" })] };
    }

    /// <inheritdoc cref="Inspect(string, ECDsa?)"/>
    public static PackageInspection Inspect(ReadOnlyMemory<byte> zip, ECDsa? publicKey) => Inspect(zip, path: "", publicKey);

    private static PackageInspection Inspect(ReadOnlyMemory<byte> zip, string path, ECDsa? publicKey)
    {
        DfuKeys.RequireP256(publicKey);
        try
        {
            var problems = new List<PackageProblem>();
            var entries = Open(zip, path);
            var manifest = ReadManifest(entries);
            var images = manifest.Images.Select(image => ReadImage(entries, image, publicKey, problems)).ToList();
            var id = Convert.ToHexStringLower(SHA256.HashData(zip.Span));
            return new PackageInspection(new DfuPackage { Id = id, Images = images, PassedOver = manifest.PassedOver }, problems);
        }
        catch (DfuException e)
        {
            return Broken(e);
        }
    }

    private static DfuPackage Sound(PackageInspection inspection) => inspection.Problems is [var first, ..] ? throw first.ToException() : inspection.Package!;

    private static PackageInspection Broken(DfuException e) => new(null, [new PackageProblem(e.Error, e.Message, e.Remedy)]);

    /// <summary>Files of other kinds are told what they are, even when a zip reader finds more to say about them.</summary>
    private static ZipEntries Open(ReadOnlyMemory<byte> zip, string path)
    {
        try
        {
            return ZipEntries.Open(zip);
        }
        catch (DfuException) when (!ZipKinds.IsZip(zip.Span) && FileKinds.Recognise(zip.Span, path) is { } kind)
        {
            throw Foreign(kind);
        }
        catch (DfuException) when (ZipNames.Of(zip.Span) is { Count: > 0 } names && ZipKinds.OfNames(names) is { } kind)
        {
            throw Foreign(kind);
        }
    }

    private static Manifest ReadManifest(ZipEntries entries)
    {
        if (ZipKinds.Of(entries) is { Family: not FileFamily.SecurePackage } kind) throw Foreign(kind);
        if (entries.Find(Manifest.FileName) is { } name) return Manifest.Parse(entries.Read(name, PackageLimits.ManifestBytes, DfuError.PackageTooLarge));
        var nested = entries.Names.FirstOrDefault(name => name.EndsWith('/' + Manifest.FileName, StringComparison.OrdinalIgnoreCase));
        throw new DfuException(DfuError.PackageManifestInvalid, nested is null
            ? $"{Manifest.FileName} is not in the package"
            : $"{Manifest.FileName} must be at the top of the package, not at {OneLine.Quoted(nested)}")
        {
            Remedy = nested is null ? null : "Give the zip as it was made, or zip the files themselves and not the folder they are in.",
        };
    }

    private static DfuException Foreign(FileKind kind) => new(kind.PackageError, $"this is {kind.Name}") { Remedy = kind.RemedyFor(FileUse.Package) };

    private static DfuImage ReadImage(ZipEntries entries, ManifestImage manifest, ECDsa? publicKey, List<PackageProblem> problems)
    {
        var initPacket = entries.Read(manifest.DatFile, PackageLimits.InitPacketBytes, DfuError.InitPacketTooLarge);
        if (!InitPacket.TryParse(initPacket, out var init, out var problem))
            throw new DfuException(DfuError.InitPacketInvalid, $"{OneLine.Quoted(manifest.DatFile)} is no init packet: {problem}");
        var firmware = entries.Read(manifest.BinFile, PackageLimits.ImageBytes, DfuError.PackageTooLarge);

        var sha256 = SHA256.HashData(firmware);
        var image = new DfuImage
        {
            Type = init.Type == ImageType.ExternalApplication ? init.Type : manifest.Type,
            InitPacket = initPacket,
            Firmware = firmware,
            Crc = Crc32.HashToUInt32(firmware),
            Sha256 = sha256,
            HashMatches = init.Sha256.Span.SequenceEqual(sha256),
            FwVersion = init.FwVersion,
            HwVersion = init.HwVersion,
            SdReq = init.SdReq,
            IsDebug = init.IsDebug,
            Signature = init.Signature,
            SignatureValid = publicKey is null ? null : init.IsSignedBy(publicKey),
            BootValidations = [.. init.BootValidations.Select(entry => entry.Kind)],
            BootSignatureValid = BootSignature(init, firmware, publicKey),
            SoftDeviceSize = init.SoftDeviceSize,
            BootloaderSize = init.BootloaderSize,
            ApplicationSize = init.ApplicationSize,
        };
        problems.AddRange(ProblemsOf(image, manifest, init));
        return image;
    }

    private static IEnumerable<PackageProblem> ProblemsOf(DfuImage image, ManifestImage manifest, InitPacket init)
    {
        var (dat, bin) = (OneLine.Quoted(manifest.DatFile), OneLine.Quoted(manifest.BinFile));
        if (init.Type == ImageType.ExternalApplication)
            yield return new(DfuError.ImageNotSupported, $"{dat} announces an external application (init packet of type 4), which is not sent from here");
        else if (init.Type != manifest.Type)
            yield return new(DfuError.InitPacketTypeMismatch, $"{dat} announces {init.Type.ManifestName()}, the manifest {manifest.Type.ManifestName()}");
        if (init.FirmwareSize != image.Firmware.Length)
            yield return new(DfuError.SizeMismatch, $"{bin} has {image.Firmware.Length} bytes, {dat} announces {init.FirmwareSize}");
        if ((manifest.SoftDeviceSize ?? init.SoftDeviceSize) != init.SoftDeviceSize || (manifest.BootloaderSize ?? init.BootloaderSize) != init.BootloaderSize)
            yield return new(DfuError.SizeMismatch, $"{dat} has sd_size {init.SoftDeviceSize} and bl_size {init.BootloaderSize}, the manifest other sizes");
        if (!image.HashMatches)
            yield return new(DfuError.HashMismatch, $"{bin} has SHA-256 {Hex(image.Sha256)}, {dat} was made for {Hex(init.Sha256)}{ByteOrder(image, init)}");
        if (image is { SignatureValid: false, Signature: SignatureKind.None })
            yield return new(DfuError.SignatureMissing, $"{dat} is not signed");
        else if (image.SignatureValid is false)
            yield return new(DfuError.SignatureInvalid, $"{dat} has a signature that does not fit the public key");
        if (image.BootSignatureValid is false)
        {
            yield return new(
                DfuError.SignatureInvalid,
                $"{dat} has a boot validation signature that does not fit image and public key: the bootloader would take the image and never start it");
        }
    }

    /// <summary>Each entry is about a part: the SoftDevice, then the bootloader, or the whole image.</summary>
    private static bool? BootSignature(InitPacket init, ReadOnlyMemory<byte> firmware, ECDsa? publicKey)
    {
        var softDevice = (int)Math.Min(init.SoftDeviceSize, firmware.Length);
        var signed = init.BootValidations
            .Select((entry, index) => (Entry: entry, Part: init.Type != ImageType.SoftDeviceBootloader ? firmware
                : index == 0 ? firmware[..softDevice] : firmware[softDevice..]))
            .Where(validation => validation.Entry.Kind == BootValidationKind.EcdsaP256Sha256)
            .ToList();
        return publicKey is null || signed.Count == 0 ? null : signed.TrueForAll(validation => validation.Entry.Fits(validation.Part.Span, publicKey));
    }

    private static string ByteOrder(DfuImage image, InitPacket init) =>
        init.Sha256.ToArray().Reverse().SequenceEqual(image.Sha256.ToArray()) ? " (the same in the wrong byte order)" : "";

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
