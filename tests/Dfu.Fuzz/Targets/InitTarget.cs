using Dfu.Fuzz.Engine;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Wire;
using Google.Protobuf;

namespace Dfu.Fuzz.Targets;

/// <summary>Init packets.</summary>
internal sealed class InitTarget : IFuzzTarget
{
    public string Name => "init";

    public int Longest => PackageLimits.InitPacketBytes + 16;

    public IEnumerable<byte[]> Seeds => [PackageReader.Read(Packages.Application(), null).Images[0].InitPacket.ToArray()];

    public IReadOnlyList<byte[]> Words { get; } = [[0x12, 0x20], [0x0A], [0x08, 0x01], [0x1A], [0x30, 0x00], [0x42], [0x4A, 0x04, 0x08, 0x01, 0x12, 0x00]];

    public void Run(byte[] input)
    {
        if (!InitPacket.TryParse(input, out var packet, out var problem))
        {
            Flaw.If(problem.Length == 0, "refused without a word");
            Flaw.UnlessOneLine(problem);
            return;
        }

        Flaw.If(packet.Type != ImageType.ExternalApplication && packet.FirmwareSize <= 0, "an image of no bytes");
        if (packet.Signature != SignatureKind.None && input.Length % 16 == 0) packet.IsSignedBy(Packages.Key);

        // Written again it says the same: of fields that stand twice the same one counts for every reader.
        var again = Packet.Parser.ParseFrom(input).ToByteArray();
        if (again.Length > PackageLimits.InitPacketBytes) return;
        Flaw.If(!InitPacket.TryParse(again, out var other, out var why), $"written again it cannot be read: {why}");
        Flaw.If(Facts(packet) != Facts(other!), $"written again it says something else: {Facts(packet)} and then {Facts(other!)}");
    }

    private static string Facts(InitPacket packet) => string.Join(
        ' ',
        packet.Type,
        packet.FwVersion,
        packet.HwVersion,
        string.Join(',', packet.SdReq),
        packet.SoftDeviceSize,
        packet.BootloaderSize,
        packet.ApplicationSize,
        Convert.ToHexString(packet.Sha256.Span),
        packet.IsDebug,
        packet.Signature,
        Convert.ToHexString(packet.SignatureValue.Span),
        string.Join(',', packet.BootValidations.Select(static entry => $"{entry.Kind}:{Convert.ToHexString(entry.Signature.Span)}")));
}
