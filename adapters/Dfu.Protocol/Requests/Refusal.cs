using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Requests;

/// <summary>What was asked when the bootloader refused; the same code means different things in different places.</summary>
public enum Asked
{
    Other,
    CreateCommand,
    ExecuteCommand,
    CreateData,
    ExecuteData,

    /// <summary>The last EXECUTE(data), of a bootloader that has an extended error for a wrong hash.</summary>
    ExecuteWholeImage,
}

/// <summary>Turns a refusal into the reason and remedy an operator can use.</summary>
/// <remarks>nRF5 SDK, nrf_dfu_handling_error.h; docs/bootloader.md#refusals has what was observed.</remarks>
public static class Refusal
{
    public static DfuError ErrorOf(Response response, Asked asked) => response.Result switch
    {
        ResultCode.ExtendedError => response.Extended switch
        {
            ExtendedError.InitCommandInvalid or ExtendedError.WrongCommandFormat => DfuError.InitPacketRefused,
            ExtendedError.FwVersionFailure => DfuError.VersionRefused,
            ExtendedError.HwVersionFailure => DfuError.HwVersionRefused,
            ExtendedError.SdVersionFailure => DfuError.SoftDeviceRefused,
            ExtendedError.SignatureMissing or ExtendedError.UnknownCommand => DfuError.SignatureRequired, // SDK 13 and 14 know no unsigned command
            ExtendedError.WrongHashType => DfuError.HashTypeRefused,
            ExtendedError.WrongSignatureType => DfuError.SignatureTypeRefused,
            ExtendedError.HashFailed or ExtendedError.VerificationFailed => DfuError.VerificationFailed,
            ExtendedError.InsufficientSpace => DfuError.ImageDoesNotFit,
            _ => DfuError.DeviceRefused,
        },
        ResultCode.OpCodeNotSupported => DfuError.OpCodeNotSupported,
        ResultCode.InvalidParameter => asked switch
        {
            // SDK 12 and 13 answer an unknown operation code with 3 as well.
            Asked.CreateCommand or Asked.ExecuteCommand => DfuError.InitPacketRefused,
            Asked.CreateData => DfuError.ObjectRefused,
            _ => DfuError.DeviceRefused,
        },
        ResultCode.InsufficientResources => asked switch
        {
            Asked.ExecuteCommand => DfuError.ImageDoesNotFit,
            Asked.CreateCommand => DfuError.InitPacketTooLarge,
            Asked.CreateData => DfuError.ObjectRefused,
            _ => DfuError.DeviceRefused,
        },
        ResultCode.InvalidObject => asked switch
        {
            Asked.ExecuteCommand => DfuError.SignatureRefused,
            Asked.CreateData => DfuError.FlashBusy,
            Asked.ExecuteData => DfuError.VerificationFailed, // SDK 12 has no extended errors
            Asked.ExecuteWholeImage => DfuError.ImageRefused,
            _ => DfuError.DeviceRefused,
        },
        ResultCode.OperationNotPermitted => asked switch
        {
            Asked.ExecuteCommand => DfuError.InitPacketIncomplete,
            _ => DfuError.OperationNotPermitted,
        },
        ResultCode.OperationFailed => DfuError.FlashBusy,
        _ => DfuError.DeviceRefused,
    };

    public static DfuException Exception(Response response, Asked asked) =>
        new(ErrorOf(response, asked), $"the bootloader answered {response.Bytes} to {Name(asked)}");

    private static string Name(Asked asked) => asked switch
    {
        Asked.CreateCommand => "CREATE(command)",
        Asked.ExecuteCommand => "EXECUTE(command)",
        Asked.CreateData => "CREATE(data)",
        Asked.ExecuteData or Asked.ExecuteWholeImage => "EXECUTE(data)",
        _ => "a request",
    };
}
