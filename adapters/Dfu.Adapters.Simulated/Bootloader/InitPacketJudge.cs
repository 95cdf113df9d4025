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
/// <remarks>nRF5 SDK 17.1, nrf_dfu_validation.c prevalidation and nrf_dfu_ver_validation.c.</remarks>
internal static class InitPacketJudge
{
    public static Verdict Judge(DecodedInit init, VirtualDeviceOptions options, Settings settings, uint? softDeviceId)
    {
        var isApplication = init.Bank == BankCode.Application;
        if (!isApplication || options.RequireSigned)
        {
            if (init.Signed is not { Signature.Length: > 0 } signed) return Verdict.Bad(ExtendedError.SignatureMissing);
            if (signed.SignatureType != SignatureType.EcdsaP256Sha256) return Verdict.Bad(ExtendedError.WrongSignatureType);
            if (!SignatureFits(signed.Signature, init.SignedBytes, options.PublicKey)) return new Verdict(ResultCode.InvalidObject);
        }

        var command = init.Command;
        if (command.Hash?.HashType != HashType.Sha256) return Verdict.Bad(ExtendedError.WrongHashType);
        if (!command.HasHwVersion || !command.HasType) return Verdict.Bad(ExtendedError.InitCommandInvalid);
        if (options.HwVersion is { } hardware && command.HwVersion != hardware) return Verdict.Bad(ExtendedError.HwVersionFailure);
        if (softDeviceId is { } id && !command.SdReq.Contains(id)) return Verdict.Bad(ExtendedError.SdVersionFailure);
        return VersionFits(init, options, settings) ? Verdict.Good : Verdict.Bad(ExtendedError.FwVersionFailure);
    }

    private static bool VersionFits(DecodedInit init, VirtualDeviceOptions options, Settings settings) => init.Bank switch
    {
        BankCode.SoftDevice => true,
        BankCode.Application when !options.DowngradePrevention => true,
        BankCode.Application when options.AcceptSameVersion => init.Command.FwVersion >= settings.ApplicationVersion,
        BankCode.Application => init.Command.FwVersion > settings.ApplicationVersion,
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
