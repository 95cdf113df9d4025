using System.Security.Cryptography;
using Dfu.Protocol.Packages.Wire;
using Dfu.Protocol.Requests;
using Google.Protobuf;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>An init packet as the bootloader reads it from its flash.</summary>
internal sealed record DecodedInit(InitCommand Command, byte[] SignedBytes, SignedCommand? Signed)
{
    public FirmwareType Type => Command.Type;

    /// <summary>Size of the image in bytes, all parts together; above the int range it fits nowhere.</summary>
    public long ImageSize => Type switch
    {
        FirmwareType.Softdevice => Command.SdSize,
        FirmwareType.Bootloader => Command.BlSize,
        FirmwareType.SoftdeviceBootloader => (long)Command.SdSize + Command.BlSize,
        _ => Command.AppSize,
    };

    public uint BootloaderSize => Bank is BankCode.Bootloader or BankCode.SoftDeviceBootloader ? Command.BlSize : 0;

    /// <summary>Whether bootloaders that are built for no external application know this type.</summary>
    public bool IsKnown => Type is FirmwareType.Application or FirmwareType.Softdevice or FirmwareType.Bootloader or FirmwareType.SoftdeviceBootloader;

    public BankCode Bank => Type switch
    {
        FirmwareType.Softdevice => BankCode.SoftDevice,
        FirmwareType.Bootloader => BankCode.Bootloader,
        FirmwareType.SoftdeviceBootloader => BankCode.SoftDeviceBootloader,
        _ => BankCode.Application,
    };

    /// <summary>Null when these bytes are no init packet.</summary>
    public static DecodedInit? Decode(byte[] bytes)
    {
        try
        {
            var packet = Packet.Parser.ParseFrom(bytes);
            var command = packet.SignedCommand?.Command ?? packet.Command;
            if (command?.Init is not { } init) return null;
            return new DecodedInit(init, packet.SignedCommand is null ? [] : InnerField(InnerField(InnerField(bytes, 2), 1), 2), packet.SignedCommand);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>
    /// Content of the last length-delimited field with this number: what was signed is the init command as it lies there, not what
    /// re-encoding would give.
    /// </summary>
    private static byte[] InnerField(byte[] bytes, int number)
    {
        var input = new CodedInputStream(bytes);
        byte[] found = [];
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited)) found = input.ReadBytes().ToByteArray();
            else input.SkipLastField();
        }

        return found;
    }
}

/// <summary>What the bootloader says to an init packet: result code, and the extended error when it is one.</summary>
internal readonly record struct Verdict(ResultCode Result, ExtendedError Extended = ExtendedError.NoError)
{
    public static Verdict Good => new(ResultCode.Success);

    public static Verdict Bad(ExtendedError error) => new(ResultCode.ExtendedError, error);

    public bool IsGood => Result == ResultCode.Success;
}

/// <summary>Judges init packets in the order the bootloader does.</summary>
/// <remarks>
/// nRF5 SDK 15.0, 15.3 and 17.0.2, nrf_dfu_validation.c and nrf_dfu_ver_validation.c: signature, then versions. SDK 12.3 and 14.2,
/// dfu_req_handling.c: an unsigned packet is an unknown command; versions, then signature.
/// </remarks>
internal static class InitPacketJudge
{
    public static Verdict Judge(DecodedInit init, VirtualDeviceOptions options, Settings settings, uint? softDeviceId)
    {
        if (options.Profile.Collects && init.Signed is null && NeedsSignature(init, options)) return Verdict.Bad(ExtendedError.UnknownCommand);
        var early = options.Profile.Collects ? JudgeVersions(init, options, settings, softDeviceId) : JudgeSignature(init, options);
        if (!early.IsGood) return early;
        return options.Profile.Collects ? JudgeSignature(init, options) : JudgeVersions(init, options, settings, softDeviceId);
    }

    private static bool NeedsSignature(DecodedInit init, VirtualDeviceOptions options) => init.Type != FirmwareType.Application || options.RequireSigned;

    private static Verdict JudgeSignature(DecodedInit init, VirtualDeviceOptions options)
    {
        if (!NeedsSignature(init, options)) return Verdict.Good;
        if (init.Signed is not { Signature.Length: > 0 } signed) return Verdict.Bad(ExtendedError.SignatureMissing);
        if (signed.SignatureType != SignatureType.EcdsaP256Sha256) return Verdict.Bad(ExtendedError.WrongSignatureType);
        return SignatureFits(signed.Signature, init.SignedBytes, options.PublicKey) ? Verdict.Good : new Verdict(ResultCode.InvalidObject);
    }

    private static Verdict JudgeVersions(DecodedInit init, VirtualDeviceOptions options, Settings settings, uint? softDeviceId)
    {
        var command = init.Command;
        if (options.Profile.Collects && command.IsDebug) return new Verdict(ResultCode.OperationFailed);
        if (!command.HasType || !init.IsKnown) return Verdict.Bad(ExtendedError.InitCommandInvalid);
        if (command.Hash?.HashType != HashType.Sha256) return Verdict.Bad(ExtendedError.WrongHashType);
        if (!command.HasHwVersion) return Verdict.Bad(ExtendedError.InitCommandInvalid);
        if (options.HwVersion is { } hardware && command.HwVersion != hardware) return Verdict.Bad(ExtendedError.HwVersionFailure);
        if (softDeviceId is { } id && !SoftDeviceFits(init, options, id)) return Verdict.Bad(ExtendedError.SdVersionFailure);
        if (!command.HasFwVersion) return NeedsVersion(init, options) ? Verdict.Bad(ExtendedError.InitCommandInvalid) : Verdict.Good;
        return VersionFits(init, options, settings) ? Verdict.Good : Verdict.Bad(ExtendedError.FwVersionFailure);
    }

    /// <summary>
    /// 0 in the first place says that no SoftDevice is needed: from SDK 15 on an application by that alone is taken, and put behind the SoftDevice all
    /// the same, for a BLE bootloader keeps its own. 0xFFFE means nothing here: it counts for external applications only.
    /// </summary>
    private static bool SoftDeviceFits(DecodedInit init, VirtualDeviceOptions options, uint id)
    {
        var (asked, profile) = (init.Command.SdReq, options.Profile);
        if (profile.Collects || asked is [not 0, ..]) return asked.Contains(id);
        if (asked.Count == 0 && profile.WantsSoftDeviceNamed) return false;
        if (init.Bank != BankCode.Application) return init.Bank != BankCode.SoftDevice;
        return asked.Count < 2 || !options.DowngradePrevention || (!profile.WantsSoftDeviceNamed && asked.Contains(id));
    }

    private static bool NeedsVersion(DecodedInit init, VirtualDeviceOptions options) => init.Bank switch
    {
        BankCode.SoftDevice => false,
        BankCode.Application => options.DowngradePrevention || options.Profile.Collects,
        _ => true,
    };

    private static bool VersionFits(DecodedInit init, VirtualDeviceOptions options, Settings settings) => init.Bank switch
    {
        BankCode.SoftDevice when options.Profile.Collects => true,
        BankCode.SoftDevice or BankCode.Application when !options.DowngradePrevention => true,
        BankCode.SoftDevice or BankCode.Application when options.AcceptSameVersion => init.Command.FwVersion >= settings.ApplicationVersion,
        BankCode.SoftDevice or BankCode.Application => init.Command.FwVersion > settings.ApplicationVersion,
        _ => init.Command.FwVersion > settings.BootloaderVersion,
    };

    /// <summary>The packet stores r and s least significant byte first.</summary>
    private static bool SignatureFits(ByteString signature, byte[] signedBytes, ECDsa? key)
    {
        if (key is null) return true;
        if (signature.Length != 64) return false;
        var bytes = signature.ToByteArray();
        Array.Reverse(bytes, 0, 32);
        Array.Reverse(bytes, 32, 32);
        return key.VerifyData(signedBytes, bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
