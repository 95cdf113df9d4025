namespace Dfu.Protocol.Requests;

/// <summary>Operation codes of the control point.</summary>
/// <remarks>nRF5 SDK, nrf_dfu_req_handler.h; the same from SDK 12 to 17 as far as a BLE host uses them.</remarks>
public static class OpCode
{
    public const byte ProtocolVersion = 0x00;
    public const byte Create = 0x01;
    public const byte SetPrn = 0x02;
    public const byte GetCrc = 0x03;
    public const byte Execute = 0x04;
    public const byte Select = 0x06;
    public const byte MtuGet = 0x07;
    public const byte Write = 0x08;
    public const byte Ping = 0x09;
    public const byte HwVersion = 0x0a;
    public const byte FwVersion = 0x0b;
    public const byte Abort = 0x0c;

    /// <summary>First byte of every answer and of a packet receipt notification.</summary>
    public const byte Response = 0x60;
}

/// <summary>Third byte of an answer.</summary>
/// <remarks>nRF5 SDK, nrf_dfu_res_code_t.</remarks>
public enum ResultCode : byte
{
    Invalid = 0x00,
    Success = 0x01,
    OpCodeNotSupported = 0x02,
    InvalidParameter = 0x03,
    InsufficientResources = 0x04,
    InvalidObject = 0x05,
    UnsupportedType = 0x07,
    OperationNotPermitted = 0x08,
    OperationFailed = 0x0a,

    /// <summary>The next byte is an <see cref="ExtendedError"/>.</summary>
    ExtendedError = 0x0b,
}

/// <summary>Fourth byte of an answer with <see cref="ResultCode.ExtendedError"/>.</summary>
/// <remarks>nRF5 SDK, nrf_dfu_ext_error_code_t; SDK 12 has none.</remarks>
public enum ExtendedError : byte
{
    NoError = 0x00,
    InvalidErrorCode = 0x01,
    WrongCommandFormat = 0x02,
    UnknownCommand = 0x03,
    InitCommandInvalid = 0x04,
    FwVersionFailure = 0x05,
    HwVersionFailure = 0x06,
    SdVersionFailure = 0x07,
    SignatureMissing = 0x08,
    WrongHashType = 0x09,
    HashFailed = 0x0a,
    WrongSignatureType = 0x0b,
    VerificationFailed = 0x0c,
    InsufficientSpace = 0x0d,
}

public enum ObjectType : byte
{
    Command = 0x01,
    Data = 0x02,
}

/// <summary>Operation codes and results of the buttonless characteristics (answers begin with 0x20).</summary>
/// <remarks>nRF5 SDK, ble_dfu.h.</remarks>
public static class Buttonless
{
    public const byte EnterBootloader = 0x01;
    public const byte SetName = 0x02;
    public const byte Response = 0x20;

    public const byte Success = 0x01;
    public const byte OpCodeNotSupported = 0x02;
    public const byte OperationFailed = 0x04;
    public const byte AdvertisementNameInvalid = 0x05;
    public const byte Busy = 0x06;
    public const byte NotBonded = 0x07;
}
