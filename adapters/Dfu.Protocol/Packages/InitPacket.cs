using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Dfu.Protocol.Packages.Wire;
using Google.Protobuf;

namespace Dfu.Protocol.Packages;

/// <summary>The facts of an init packet (a .dat file), as a bootloader decodes them.</summary>
/// <remarks>
/// The signature is over the bytes of the InitCommand message, field 2 of Command, exactly as they lie in the packet: they
/// are cut out of it here and never encoded again. Signature and hash are stored least significant byte first.
/// </remarks>
public sealed record InitPacket
{
    private const int HashBytes = 32;

    private static readonly WireFormat.WireType[] WireTypes =
        [WireFormat.WireType.Varint, WireFormat.WireType.Fixed64, WireFormat.WireType.LengthDelimited, WireFormat.WireType.Fixed32];

    public required ImageType Type { get; init; }

    /// <summary>4294967295 in a SoftDevice's packet, which has no version of its own.</summary>
    public required uint FwVersion { get; init; }

    public required uint HwVersion { get; init; }

    /// <summary>SoftDevice ids the image accepts, at most 16; 0xFFFE stands for any, in external applications only.</summary>
    public required IReadOnlyList<uint> SdReq { get; init; }

    /// <summary>Sizes in bytes; 0 for parts the image does not have.</summary>
    public required uint SoftDeviceSize { get; init; }
    public required uint BootloaderSize { get; init; }
    public required uint ApplicationSize { get; init; }

    /// <summary>SHA-256 of the firmware, most significant byte first.</summary>
    public required ReadOnlyMemory<byte> Sha256 { get; init; }

    public required bool IsDebug { get; init; }
    public required SignatureKind Signature { get; init; }

    /// <summary>What the signature is over.</summary>
    public required ReadOnlyMemory<byte> SignedBytes { get; init; }

    /// <summary>r and s, 32 bytes each, least significant byte first, as in the packet; empty when unsigned.</summary>
    public required ReadOnlyMemory<byte> SignatureValue { get; init; }

    /// <summary>How the image, or each part of it, is checked at every start; empty where that is left to the bootloader, which checks the CRC.</summary>
    public required IReadOnlyList<BootValidationEntry> BootValidations { get; init; }

    /// <summary>Bytes of the firmware the packet announces.</summary>
    public long FirmwareSize => Type switch
    {
        ImageType.Application or ImageType.ExternalApplication => ApplicationSize,
        ImageType.SoftDevice => SoftDeviceSize,
        ImageType.Bootloader => BootloaderSize,
        _ => (long)SoftDeviceSize + BootloaderSize,
    };

    /// <param name="bytes">The packet, whole.</param>
    /// <param name="packet">The facts, null when there are none.</param>
    /// <param name="problem">What a bootloader would stumble over, one line; empty on success.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out InitPacket? packet, out string problem)
    {
        packet = null;
        if (bytes.Length > PackageLimits.InitPacketBytes)
        {
            problem = $"it has {bytes.Length} bytes, a bootloader takes {PackageLimits.InitPacketBytes}";
            return false;
        }

        try
        {
            (packet, problem) = Parse(bytes.ToArray());
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            problem = "it cannot be decoded";
        }

        return packet is not null;
    }

    /// <summary>Whether the signature is there and was made with the private half of <paramref name="publicKey"/>, a P-256 key.</summary>
    public bool IsSignedBy(ECDsa publicKey) =>
        Signature != SignatureKind.None && Signatures.Verify(SignedBytes.Span, SignatureValue.Span, publicKey);

    private static (InitPacket? Packet, string Problem) Parse(byte[] bytes)
    {
        var plain = Fields(bytes, Packet.CommandFieldNumber);
        var signed = Fields(bytes, Packet.SignedCommandFieldNumber);
        if (plain.Count + signed.Count != 1) return (null, $"it must hold one command, signed or not, and holds {plain.Count + signed.Count}");

        var commands = signed.Count == 0 ? plain : Fields(signed[0], SignedCommand.CommandFieldNumber);
        if (commands.Count != 1) return (null, $"its signed command holds {commands.Count} commands");
        var inits = Fields(commands[0], Command.InitFieldNumber);
        if (Command.Parser.ParseFrom(commands[0]).OpCode != OpCode.Init || inits.Count != 1) return (null, "its command is not one init command");

        var signature = signed.Count == 0 ? null : SignedCommand.Parser.ParseFrom(signed[0]);
        if (signature is not null && signature.SignatureType != SignatureType.EcdsaP256Sha256)
            return (null, $"its signature is of type {(int)signature.SignatureType}, bootloaders know ECDSA P-256 only");
        if (signature is not null && signature.Signature.Length != Signatures.Bytes)
            return (null, $"its signature has {signature.Signature.Length} bytes instead of {Signatures.Bytes}");
        return FromCommand(InitCommand.Parser.ParseFrom(inits[0]), inits[0], signature?.Signature.ToByteArray());
    }

    private static (InitPacket? Packet, string Problem) FromCommand(InitCommand command, byte[] signedBytes, byte[]? signature)
    {
        if (!command.HasType || TypeOf(command.Type) is not { } type)
            return (null, command.HasType ? $"it is for an image of type {(int)command.Type}, which is not supported" : "it has no type");
        if (!command.HasHwVersion) return (null, "it has no hw_version");
        if (!command.HasFwVersion && type != ImageType.SoftDevice) return (null, "it has no fw_version");
        if (command.SdReq.Count > PackageLimits.SdReq)
            return (null, $"it names {command.SdReq.Count} SoftDevices, a bootloader has room for {PackageLimits.SdReq}");
        if (Fields(signedBytes, InitCommand.HashFieldNumber).Count == 0) return (null, "it has no hash");
        if (command.Hash.HashType != HashType.Sha256) return (null, $"its hash is of type {(int)command.Hash.HashType}, bootloaders want SHA-256");
        if (command.Hash.Hash_.Length != HashBytes) return (null, $"its hash has {command.Hash.Hash_.Length} bytes instead of {HashBytes}");

        var packet = new InitPacket
        {
            Type = type,
            FwVersion = command.HasFwVersion ? command.FwVersion : uint.MaxValue,
            HwVersion = command.HwVersion,
            SdReq = [.. command.SdReq],
            SoftDeviceSize = command.SdSize,
            BootloaderSize = command.BlSize,
            ApplicationSize = command.AppSize,
            Sha256 = command.Hash.Hash_.Reverse().ToArray(),
            IsDebug = command.IsDebug,
            Signature = signature is null ? SignatureKind.None : SignatureKind.EcdsaP256Sha256,
            SignedBytes = signedBytes,
            SignatureValue = signature ?? [],
            BootValidations = [.. command.BootValidation.Select(entry => new BootValidationEntry((BootValidationKind)entry.Type, entry.Bytes.ToByteArray()))],
        };
        return packet.FirmwareSize > 0 || type == ImageType.ExternalApplication ? (packet, "") : (null, "it announces an image of 0 bytes");
    }

    private static ImageType? TypeOf(FirmwareType type) => type switch
    {
        FirmwareType.Application => ImageType.Application,
        FirmwareType.Softdevice => ImageType.SoftDevice,
        FirmwareType.Bootloader => ImageType.Bootloader,
        FirmwareType.SoftdeviceBootloader => ImageType.SoftDeviceBootloader,
        FirmwareType.ExternalApplication => ImageType.ExternalApplication,
        _ => null,
    };

    /// <summary>The raw content of each length-delimited field of this number.</summary>
    /// <remarks>nanopb, pb_decode.c, pb_skip_field: bootloaders skip fields that they do not know, but none of a wire type that they do not know.</remarks>
    /// <exception cref="InvalidDataException">There is one of such a type.</exception>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var wanted = WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited);
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (Array.IndexOf(WireTypes, WireFormat.GetTagWireType(tag)) < 0) throw new InvalidDataException("a field's wire type is unknown");
            if (tag == wanted) found.Add(input.ReadBytes().ToByteArray());
            else input.SkipLastField();
        }

        return found;
    }
}
