using System.IO.Hashing;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Requests;
using Request = Dfu.Protocol.Requests.Request;

namespace Dfu.Benchmarks;

/// <summary>The way Nordic's tools send: a fixed delay after CREATE, a fixed packet receipt notification, the CRC asked before EXECUTE.</summary>
internal sealed class PlainStrategy(IDfuLink link, DfuImage image, ushort prn, TimeSpan delay, TimeProvider time)
{
    private const int ObjectSize = 4096;
    private const int Payload = 244;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, cancellationToken);
        await AskAsync(Request.SetPrn(0), cancellationToken);
        await AskAsync(Request.Create(ObjectType.Command, (uint)image.InitPacket.Length), cancellationToken);
        await link.WriteCommandAsync(DfuCharacteristic.Packet, image.InitPacket, cancellationToken);
        await AskAsync(Request.GetCrc(), cancellationToken);
        await AskAsync(Request.Execute(), cancellationToken);
        await AskAsync(Request.SetPrn(prn), cancellationToken);
        await AskAsync(Request.Select(ObjectType.Data), cancellationToken);
        for (var start = 0; start < image.Firmware.Length;)
        {
            var content = image.Firmware.Slice(start, Math.Min(ObjectSize, image.Firmware.Length - start));
            await AskAsync(Request.Create(ObjectType.Data, (uint)content.Length), cancellationToken);
            if (delay > TimeSpan.Zero) await Task.Delay(delay, time, cancellationToken);
            await StreamAsync(content, cancellationToken);
            var answer = await AskAsync(Request.GetCrc(), cancellationToken);
            var whole = ChecksumResponse.TryParse(answer, out var checksum)
                && checksum == new ChecksumResponse((uint)(start + content.Length), Crc32.HashToUInt32(image.Firmware.Span[..(start + content.Length)]));
            if (!whole) continue;
            await AskAsync(Request.Execute(), cancellationToken);
            start += content.Length;
        }
    }

    private async Task StreamAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var packets = 0;
        for (var sent = 0; sent < content.Length; sent += Payload)
        {
            await link.WriteCommandAsync(DfuCharacteristic.Packet, content.Slice(sent, Math.Min(Payload, content.Length - sent)), cancellationToken);
            if (prn > 0 && ++packets % prn == 0) await ReceiveAsync(OpCode.GetCrc, cancellationToken);
        }
    }

    private async Task<Response> AskAsync(byte[] request, CancellationToken cancellationToken)
    {
        await link.WriteAsync(DfuCharacteristic.ControlPoint, request, cancellationToken);
        return await ReceiveAsync(request[0], cancellationToken);
    }

    private async Task<Response> ReceiveAsync(byte opCode, CancellationToken cancellationToken)
    {
        while (true)
        {
            var notification = await link.Notifications.ReadAsync(cancellationToken);
            if (Response.TryParse(notification.Value, out var response) && response.OpCode == opCode) return response;
        }
    }
}
