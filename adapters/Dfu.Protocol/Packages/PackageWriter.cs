using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages.Wire;
using Google.Protobuf;

namespace Dfu.Protocol.Packages;

/// <summary>Makes packages as Nordic's tool does: the same manifest, the same init packet bytes, the same signature layout.</summary>
/// <remarks>The bytes depend on the contents alone (the zip has no dates), except for the signature, which has a random part.</remarks>
public static class PackageWriter
{
    private const int WordBytes = 4;

    /// <summary>The earliest date a zip can hold.</summary>
    private static readonly DateTimeOffset NoDate = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly JsonWriterOptions ManifestStyle = new() { Indented = true, IndentSize = 4, NewLine = "\n" };

    /// <returns>The zip; it has been read back and checked.</returns>
    /// <param name="contents">What goes in.</param>
    /// <param name="privateKey">Signs every image; null makes a package that only bootloaders without a key take.</param>
    /// <exception cref="DfuException">
    /// <see cref="DfuError.InvalidArgument"/> when parts do not go together, <see cref="DfuError.FirmwareInvalid"/>, <see cref="DfuError.KeyInvalid"/>.
    /// </exception>
    public static byte[] Create(PackageContents contents, ECDsa? privateKey)
    {
        DfuKeys.RequireP256(privateKey);
        var parts = PackageParts.Of(contents);
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var part in parts)
            {
                Add(zip, part.Name + ".bin", part.Firmware);
                Add(zip, part.Name + ".dat", InitPacketOf(part, contents, privateKey));
            }

            Add(zip, Manifest.FileName, ManifestOf(parts));
        }

        var package = buffer.ToArray();
        PackageReader.Read(package, privateKey);
        return package;
    }

    /// <summary>Appends 0xFF up to a multiple of 4 bytes: flash is written in words.</summary>
    internal static byte[] Pad(ReadOnlySpan<byte> firmware)
    {
        var padded = new byte[(firmware.Length + WordBytes - 1) / WordBytes * WordBytes];
        padded.AsSpan(firmware.Length).Fill(0xFF);
        firmware.CopyTo(padded);
        return padded;
    }

    /// <summary>Every field is written, zeros too: bootloaders ask whether a field is there.</summary>
    private static byte[] InitPacketOf(PackagePart part, PackageContents contents, ECDsa? privateKey)
    {
        var init = new InitCommand
        {
            FwVersion = part.Version,
            HwVersion = contents.HwVersion,
            Type = part.Type switch
            {
                ImageType.SoftDevice => FirmwareType.Softdevice,
                ImageType.Bootloader => FirmwareType.Bootloader,
                ImageType.SoftDeviceBootloader => FirmwareType.SoftdeviceBootloader,
                _ => FirmwareType.Application,
            },
            SdSize = part.SoftDeviceSize,
            BlSize = part.BootloaderSize,
            AppSize = part.ApplicationSize,
            Hash = new Hash { HashType = HashType.Sha256, Hash_ = ByteString.CopyFrom(SHA256.HashData(part.Firmware).Reverse().ToArray()) },
            IsDebug = contents.IsDebug,
        };
        init.SdReq.AddRange(part.SdReq);
        if (contents.BootValidation) init.BootValidation.AddRange(Validations(part, contents, privateKey).Select(OnWire));

        var command = new Command { OpCode = OpCode.Init, Init = init };
        return (privateKey is null ? new Packet { Command = command } : new Packet { SignedCommand = Sign(command, privateKey) }).ToByteArray();
    }

    private static IEnumerable<BootValidationEntry> Validations(PackagePart part, PackageContents contents, ECDsa? privateKey)
    {
        var (softDevice, application) = (contents.SoftDeviceBootValidation, contents.ApplicationBootValidation);
        if (part.SoftDeviceSize > 0)
            yield return BootValidationEntry.Of(softDevice ?? BootValidationKind.Crc, part.Firmware.AsSpan(0, (int)part.SoftDeviceSize), privateKey);
        if (part.BootloaderSize > 0) yield return new(BootValidationKind.Crc, default);
        if (part.ApplicationSize > 0) yield return BootValidationEntry.Of(application ?? BootValidationKind.Crc, part.Firmware, privateKey);
    }

    private static BootValidation OnWire(BootValidationEntry entry) =>
        new() { Type = (ValidationType)entry.Kind, Bytes = ByteString.CopyFrom(entry.Signature.Span) };

    private static SignedCommand Sign(Command command, ECDsa privateKey) => new()
    {
        Command = command,
        SignatureType = SignatureType.EcdsaP256Sha256,
        Signature = ByteString.CopyFrom(Signatures.Sign(command.Init.ToByteArray(), privateKey)),
    };

    private static byte[] ManifestOf(IReadOnlyList<PackagePart> parts)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ManifestStyle))
        {
            json.WriteStartObject();
            json.WriteStartObject("manifest");
            foreach (var part in parts.OrderBy(part => part.Type.ManifestName(), StringComparer.Ordinal))
            {
                json.WriteStartObject(part.Type.ManifestName());
                json.WriteString("bin_file", part.Name + ".bin");
                json.WriteString("dat_file", part.Name + ".dat");
                if (part.Type == ImageType.SoftDeviceBootloader)
                {
                    json.WriteStartObject("info_read_only_metadata");
                    json.WriteNumber("bl_size", part.BootloaderSize);
                    json.WriteNumber("sd_size", part.SoftDeviceSize);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Add(ZipArchive zip, string name, byte[] content)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = NoDate;
        using var stream = entry.Open();
        stream.Write(content);
    }
}
