using Dfu.Adapters.Simulated;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Drives a controller in memory through what a kernel will ask.</summary>
/// <remarks>
/// A kernel gives a controller 2 s for its first answer. On an emulated processor, compiling the code that answers takes longer
/// than that, so it is compiled before there is a kernel to wait for it.
/// </remarks>
internal static class WarmUp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly ushort[] Questions =
    [
        HciOpCode.Reset, HciOpCode.ReadLocalVersion, HciOpCode.ReadLocalCommands, HciOpCode.ReadLocalFeatures, HciOpCode.ReadBufferSize, HciOpCode.ReadAddress,
        HciOpCode.LeReadBufferSize, HciOpCode.LeReadFeatures, HciOpCode.LeReadStates, HciOpCode.LeRandom,
        HciOpCode.LeReadMaximumDataLength, HciOpCode.LeReadDefaultDataLength,
    ];

    /// <exception cref="IOException">The controller did not answer as it should.</exception>
    public static async Task RunAsync(TimeProvider time)
    {
        using var air = new SimulatedAir(time, LinkModel.Perfect, 1);
        var device = air.Add(new VirtualDeviceOptions { ApplicationAddress = VirtualDeviceOptions.AddressFor(1, 0) });
        var transport = new MemoryTransport();
        var adapter = await air.CreateAdapter("warm-up", new AdapterModel()).OpenAsync(CancellationToken.None);
        await using var controller = new VirtualController(adapter, transport, new ControllerOptions { Address = device.ApplicationAddress }, time);
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            foreach (var question in Questions) await AskAsync(question);
            await AskAsync(HciOpCode.LeSetScanParameters, 1, 0x10, 0, 0x10, 0, 0, 0);
            await AskAsync(HciOpCode.LeSetScan, 1, 1);
            await HearAsync(packet => packet is [HciPacket.Event, 0x3e, _, 0x02, ..]);
            await AskAsync(HciOpCode.LeSetScan, 0, 0);
            await AskAsync(
                HciOpCode.LeCreateConnection, [0, 0, 0, 0, 0, 1, .. HciEvents.AddressBytes(device.BootloaderAddress), 0, 12, 0, 12, 0, 0, 0, 42, 0, 0, 0, 0,
                    0]);
            var connected = await HearAsync(packet => packet is [HciPacket.Event, 0x3e, _, 0x01, ..]);
            byte[] handle = [connected[5], connected[6]];
            byte[][] requests =
            [
                [AttOpCode.ExchangeMtuRequest, 247, 0], [AttOpCode.ReadByGroupTypeRequest, 1, 0, 0xff, 0xff, .. GattUuid.PrimaryService],
                [AttOpCode.ReadByTypeRequest, 1, 0, 0xff, 0xff, .. GattUuid.Characteristic], [AttOpCode.FindInformationRequest, 1, 0, 0xff, 0xff],
                [AttOpCode.WriteRequest, 15, 0, 1, 0], [AttOpCode.WriteCommand, 12, 0, 0], [AttOpCode.WriteRequest, 14, 0, 0x06, 0x01],
            ];
            foreach (var request in requests)
            {
                byte[] packet = [.. HciEvents.U16(request.Length), 4, 0, .. request];
                transport.SendFromHost((byte[])[HciPacket.Acl, .. handle, .. HciEvents.U16(packet.Length), .. packet]);
                if (request[0] != AttOpCode.WriteCommand) await HearAsync(heard => heard is [HciPacket.Acl, ..]);
            }

            await AskAsync(HciOpCode.Disconnect, [.. handle, 0x13]);
            await HearAsync(packet => packet is [HciPacket.Event, 0x05, ..]);
        }
        catch (OperationCanceledException late)
        {
            throw new IOException("a virtual controller does not answer even in memory", late);
        }

        Task AskAsync(ushort opCode, params byte[] parameters)
        {
            transport.SendFromHost((byte[])[HciPacket.Command, .. HciEvents.U16(opCode), (byte)parameters.Length, .. parameters]);
            return HearAsync(packet => packet is [HciPacket.Event, 0x0e or 0x0f, ..]);
        }

        async Task<byte[]> HearAsync(Func<byte[], bool> means)
        {
            while (true)
            {
                var packet = (await transport.ToHost.ReadAsync(patience.Token)).ToArray();
                if (means(packet)) return packet;
            }
        }
    }
}
