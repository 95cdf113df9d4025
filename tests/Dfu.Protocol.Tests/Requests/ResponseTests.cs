using System.IO.Hashing;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Requests;
using Dfu.Protocol.Transfers;
using FsCheck.Xunit;

namespace Dfu.Protocol.Tests.Requests;

public sealed class ResponseTests
{
    [Fact]
    public void A_select_answer_gives_maximum_offset_and_crc()
    {
        Assert.True(Response.TryParse(Bytes("60 06 01 00 02 00 00 8c 00 00 00 85 1a 54 00"), out var response));
        Assert.True(SelectResponse.TryParse(response, out var select));
        Assert.Equal(new SelectResponse(512, 140, 0x00541a85), select);
    }

    [Fact]
    public void A_receipt_gives_offset_and_crc()
    {
        Assert.True(Response.TryParse(Bytes("60 03 01 c4 04 00 00 cc c1 e1 3e"), out var response));
        Assert.True(ChecksumResponse.TryParse(response, out var checksum));
        Assert.Equal(new ChecksumResponse(1220, 0x3ee1c1cc), checksum);
    }

    [Fact]
    public void A_receipt_with_an_error_has_no_checksum()
    {
        Assert.True(Response.TryParse(Bytes("60 03 03"), out var response));
        Assert.False(ChecksumResponse.TryParse(response, out _));
    }

    [Theory]
    [InlineData("60 04 05", Asked.ExecuteCommand, DfuError.SignatureRefused)]
    [InlineData("60 04 0b 08", Asked.ExecuteCommand, DfuError.SignatureRequired)]
    [InlineData("60 04 0b 06", Asked.ExecuteCommand, DfuError.HwVersionRefused)]
    [InlineData("60 04 0b 07", Asked.ExecuteCommand, DfuError.SoftDeviceRefused)]
    [InlineData("60 04 0b 05", Asked.ExecuteCommand, DfuError.VersionRefused)]
    [InlineData("60 04 04", Asked.ExecuteCommand, DfuError.ImageDoesNotFit)]
    [InlineData("60 04 08", Asked.ExecuteCommand, DfuError.InitPacketIncomplete)]
    [InlineData("60 01 03", Asked.CreateCommand, DfuError.InitPacketRefused)]
    [InlineData("60 01 04", Asked.CreateCommand, DfuError.InitPacketTooLarge)]
    [InlineData("60 01 03", Asked.CreateData, DfuError.ObjectRefused)]
    [InlineData("60 01 04", Asked.CreateData, DfuError.ObjectRefused)]
    [InlineData("60 01 08", Asked.CreateData, DfuError.OperationNotPermitted)]
    [InlineData("60 01 05", Asked.CreateData, DfuError.FlashBusy)]
    [InlineData("60 04 0a", Asked.ExecuteCommand, DfuError.FlashBusy)]
    [InlineData("60 04 08", Asked.ExecuteData, DfuError.OperationNotPermitted)]
    [InlineData("60 04 0b 0c", Asked.ExecuteData, DfuError.VerificationFailed)]
    [InlineData("60 04 05", Asked.ExecuteData, DfuError.VerificationFailed)]
    [InlineData("60 04 0b 04", Asked.ExecuteCommand, DfuError.InitPacketRefused)]
    [InlineData("60 04 0b 09", Asked.ExecuteCommand, DfuError.HashTypeRefused)]
    [InlineData("60 04 0b 0b", Asked.ExecuteCommand, DfuError.SignatureTypeRefused)]
    [InlineData("60 04 0b 0d", Asked.ExecuteCommand, DfuError.ImageDoesNotFit)]
    [InlineData("60 06 02", Asked.Other, DfuError.OpCodeNotSupported)]
    [InlineData("60 06 05", Asked.Other, DfuError.DeviceRefused)]
    [InlineData("60 04 0b", Asked.ExecuteCommand, DfuError.DeviceRefused)]
    public void Every_refusal_has_its_reason(string bytes, Asked asked, DfuError error)
    {
        Assert.True(Response.TryParse(Bytes(bytes), out var response));
        var refusal = Refusal.Exception(response, asked);
        Assert.Equal(error, refusal.Error);
        Assert.Contains(response.Bytes, refusal.Message, StringComparison.Ordinal);
        Assert.NotEmpty(ErrorCatalog.Describe(error).Remedy);
    }

    [Property(MaxTest = 2000)]
    public void No_bytes_make_a_parser_throw(byte[] bytes)
    {
        if (!Response.TryParse(bytes, out var response)) return;
        Assert.True(!SelectResponse.TryParse(response, out var select) || select.MaxSize > 0);
        Assert.True(!ChecksumResponse.TryParse(response, out _) || bytes.Length >= 11);
        Assert.All(Enum.GetValues<Asked>(), asked => Assert.NotEqual(DfuError.None, Refusal.ErrorOf(response, asked)));
    }

    [Property(MaxTest = 1000)]
    public void The_crc_of_any_prefix_is_that_of_its_bytes_in_whatever_order_it_is_asked(byte[] image, byte[] cuts)
    {
        var prefix = new PrefixCrc(image);
        Assert.All(cuts.Select(cut => image.Length * cut / 255), length => Assert.Equal(Crc32.HashToUInt32(image.AsSpan(0, length)), prefix.Of(length)));
    }

    [Fact]
    public void The_crc_is_the_one_everybody_uses() => Assert.Equal(0xCBF43926u, Crc32.HashToUInt32("123456789"u8));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
