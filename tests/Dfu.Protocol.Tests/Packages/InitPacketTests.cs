using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Wire;
using Google.Protobuf;

namespace Dfu.Protocol.Tests.Packages;

public class InitPacketTests
{
    [Fact]
    public void Reads_what_a_bootloader_reads()
    {
        var packet = Parsed(Unsigned(init => init.SdReq.Add(0xFFFE)));

        Assert.Equal((ImageType.Application, 7u, 52u, 4096L), (packet.Type, packet.FwVersion, packet.HwVersion, packet.FirmwareSize));
        Assert.Equal([0x100u, 0xFFFEu], packet.SdReq);
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (byte)(31 - i)), packet.Sha256.ToArray());
        Assert.Equal((SignatureKind.None, 0), (packet.Signature, packet.SignatureValue.Length));
    }

    [Fact]
    public void Takes_the_signed_bytes_as_they_lie_in_the_packet()
    {
        var init = Unsigned(_ => { }).Command.Init.ToByteArray();
        byte[] reordered = [.. init[2..], .. init[..2]]; // fw_version last: no encoder would write it there
        byte[] packet = [0x0a, (byte)(reordered.Length + 4), 0x08, 1, 0x12, (byte)reordered.Length, .. reordered];

        Assert.True(InitPacket.TryParse(packet, out var parsed, out var problem), problem);
        Assert.Equal(7u, parsed.FwVersion);
        Assert.Equal(reordered, parsed.SignedBytes.ToArray());
    }

    [Fact]
    public void Knows_no_version_of_a_SoftDevice()
    {
        var packet = Parsed(Unsigned(init =>
        {
            (init.Type, init.SdSize) = (FirmwareType.Softdevice, 8);
            init.ClearFwVersion();
        }));

        Assert.Equal((uint.MaxValue, 8L), (packet.FwVersion, packet.FirmwareSize));
    }

    [Fact]
    public void Adds_the_parts_of_a_SoftDevice_with_bootloader_without_overflow()
    {
        var packet = Parsed(Unsigned(init => (init.Type, init.SdSize, init.BlSize) = (FirmwareType.SoftdeviceBootloader, uint.MaxValue, 2)));

        Assert.Equal(4294967297L, packet.FirmwareSize);
    }

    [Fact]
    public void Knows_an_external_application() =>
        Assert.Equal(ImageType.ExternalApplication, Parsed(Unsigned(init => init.Type = FirmwareType.ExternalApplication)).Type);

    public static TheoryData<string, byte[]> Wrong => new()
    {
        { "0 bytes instead of 32", Unsigned(init => init.Hash.Hash_ = ByteString.Empty).ToByteArray() },
        { "hash is of type 1", Unsigned(init => init.Hash.HashType = HashType.Crc).ToByteArray() },
        { "no hash", Unsigned(init => init.Hash = null).ToByteArray() },
        { "no type", Unsigned(init => init.ClearType()).ToByteArray() },
        { "type 5", Unsigned(init => init.Type = (FirmwareType)5).ToByteArray() },
        { "type 77", Unsigned(init => init.Type = (FirmwareType)77).ToByteArray() },
        { "no hw_version", Unsigned(init => init.ClearHwVersion()).ToByteArray() },
        { "no fw_version", Unsigned(init => init.ClearFwVersion()).ToByteArray() },
        { "names 17 SoftDevices", Unsigned(init => init.SdReq.AddRange(new uint[16])).ToByteArray() },
        { "0 bytes", Unsigned(init => init.ClearAppSize()).ToByteArray() },
        { "not one init command", new Packet { Command = new Command { OpCode = OpCode.Reset } }.ToByteArray() },
        { "not one init command", new Packet { Command = new Command { OpCode = OpCode.Init } }.ToByteArray() },
        { "signature is of type 1", Signed(command => command.SignatureType = SignatureType.Ed25519).ToByteArray() },
        { "signature has 63 bytes", Signed(command => command.Signature = ByteString.CopyFrom(new byte[63])).ToByteArray() },
        { "holds 2", new Packet { Command = Unsigned(_ => { }).Command, SignedCommand = Signed(_ => { }).SignedCommand }.ToByteArray() },
        { "holds 0", [] },
        { "513 bytes", new byte[513] },
        { "cannot be decoded", [0x0a, 0x7f, 1] },
        { "cannot be decoded", [0xff, 0xff, 1, .. Unsigned(_ => { }).ToByteArray()] },
        { "cannot be decoded", [.. Unsigned(_ => { }).ToByteArray(), 0x1b, 0x1c] },
        { "cannot be decoded", [0x12, 0x02, 0x10, 0x00, 0x0b, 0x0b, 0x0b, 0x0b] },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Tells_what_a_bootloader_would_stumble_over(string problem, byte[] bytes)
    {
        Assert.False(InitPacket.TryParse(bytes, out var packet, out var told));
        Assert.Null(packet);
        Assert.Contains(problem, told, StringComparison.Ordinal);
    }

    private static InitPacket Parsed(Packet packet)
    {
        Assert.True(InitPacket.TryParse(packet.ToByteArray(), out var parsed, out var problem), problem);
        return parsed;
    }

    private static Packet Unsigned(Action<InitCommand> change)
    {
        var init = new InitCommand
        {
            FwVersion = 7,
            HwVersion = 52,
            Type = FirmwareType.Application,
            AppSize = 4096,
            Hash = new Hash { HashType = HashType.Sha256, Hash_ = ByteString.CopyFrom([.. Enumerable.Range(0, 32).Select(i => (byte)i)]) },
        };
        init.SdReq.Add(0x100);
        change(init);
        return new Packet { Command = new Command { OpCode = OpCode.Init, Init = init } };
    }

    private static Packet Signed(Action<SignedCommand> change)
    {
        var signed = new SignedCommand
        {
            Command = Unsigned(_ => { }).Command,
            SignatureType = SignatureType.EcdsaP256Sha256,
            Signature = ByteString.CopyFrom(new byte[64]),
        };
        change(signed);
        return new Packet { SignedCommand = signed };
    }
}
