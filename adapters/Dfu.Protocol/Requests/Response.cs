using System.Buffers.Binary;

namespace Dfu.Protocol.Requests;

/// <summary>An answer of the control point, or a packet receipt notification, which looks like an answer to <see cref="OpCode.GetCrc"/>.</summary>
/// <remarks>Byte 0 is 0x60, byte 1 the operation code, byte 2 the result; then the body, or one byte of <see cref="Requests.ExtendedError"/>.</remarks>
public readonly record struct Response(byte OpCode, ResultCode Result, ExtendedError Extended, ReadOnlyMemory<byte> Body)
{
    public static bool TryParse(ReadOnlyMemory<byte> frame, out Response response)
    {
        response = default;
        if (frame.Span is not [Requests.OpCode.Response, var opCode, var result, .. var rest]) return false;
        var code = (ResultCode)result;
        if (code == ResultCode.ExtendedError)
        {
            var extended = rest.Length > 0 ? (ExtendedError)rest[0] : ExtendedError.InvalidErrorCode;
            response = new Response(opCode, code, extended, default);
            return true;
        }

        response = new Response(opCode, code, ExtendedError.NoError, frame[3..]);
        return true;
    }

    public bool IsSuccess => Result == ResultCode.Success;

    /// <summary>The bytes as people read them in logs and reports: <c>60 04 0b 0c</c>.</summary>
    public string Bytes => Result == ResultCode.ExtendedError
        ? $"60 {OpCode:x2} {(byte)Result:x2} {(byte)Extended:x2}"
        : $"60 {OpCode:x2} {(byte)Result:x2}";
}

/// <summary>What the device holds of an object type: sizes in bytes, CRC-32 of bytes 0 to <paramref name="Offset"/>.</summary>
/// <remarks>Body of a Select answer: three u32, little-endian. At offset 0 the CRC means nothing (docs/bootloader.md F10).</remarks>
public readonly record struct SelectResponse(uint MaxSize, uint Offset, uint Crc)
{
    public static bool TryParse(Response response, out SelectResponse select)
    {
        select = default;
        if (response is not { OpCode: OpCode.Select, Result: ResultCode.Success, Body.Length: >= 12 }) return false;
        var body = response.Body.Span;
        select = new SelectResponse(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[8..]));
        return select.MaxSize > 0;
    }
}

/// <summary>How much of the selected object type the device has received, in bytes from the start of the image, and the CRC-32 of that.</summary>
/// <remarks>Body of a CRC answer and of a packet receipt notification: two u32, little-endian.</remarks>
public readonly record struct ChecksumResponse(uint Offset, uint Crc)
{
    public static bool TryParse(Response response, out ChecksumResponse checksum)
    {
        checksum = default;
        if (response is not { OpCode: OpCode.GetCrc, Result: ResultCode.Success, Body.Length: >= 8 }) return false;
        var body = response.Body.Span;
        checksum = new ChecksumResponse(BinaryPrimitives.ReadUInt32LittleEndian(body), BinaryPrimitives.ReadUInt32LittleEndian(body[4..]));
        return true;
    }
}
