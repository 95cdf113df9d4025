using System.Globalization;
using System.Reflection;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.BlueZ.Rig.VirtualControllers;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

public sealed class HostileHostTests
{
    private static readonly ushort[] OpCodes =
        [.. typeof(HciOpCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field =>
            Convert.ToUInt16(field.GetRawConstantValue(), CultureInfo.InvariantCulture))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_bytes_of_a_host_end_a_controller(int seed)
    {
        var time = new VirtualTime();
        using var air = new SimulatedAir(time, LinkModel.Perfect, seed);
        var device = air.Add(new VirtualDeviceOptions { ApplicationAddress = VirtualDeviceOptions.AddressFor(1, 0) });
        time.Run(async () =>
        {
            var random = new Random(seed);
            var transport = new MemoryTransport();
            var adapter = await air.CreateAdapter("sim", new AdapterModel()).OpenAsync(CancellationToken.None);
            await using var controller = new VirtualController(adapter, transport, new ControllerOptions { Address = device.ApplicationAddress }, time);
            for (var round = 0; round < 400; round++)
            {
                transport.SendFromHost(Command(HciOpCode.LeCreateConnection, SmallHost.CreateParameters(device.BootloaderAddress)));
                await Task.Delay(TimeSpan.FromMilliseconds(250), time);
                for (var i = 0; i < 20; i++) transport.SendFromHost(Packet(random));
            }

            transport.SendFromHost(Command(HciOpCode.Reset));
            transport.SendFromHost(Command(HciOpCode.ReadAddress));
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            Assert.False(controller.Ended.IsCompleted);
            byte[]? last = null;
            while (transport.ToHost.TryRead(out var packet)) last = packet.ToArray();
            Assert.Equal([0x04, 0x0e, 10, 1, 0x09, 0x10, 0, .. device.ApplicationAddress.ToBytes().Reverse()], last);
            Assert.InRange(device.Counters.Connects, 20, 400);
        });
    }

    [Fact]
    public void Fragments_that_do_not_fit_together_are_thrown_away_and_the_next_packet_is_whole()
    {
        var assembler = new L2CapAssembler();
        Assert.False(assembler.TryAdd(continues: true, [1, 2, 3], out _, out _));
        Assert.False(assembler.TryAdd(continues: false, [4, 0], out _, out _));
        Assert.False(assembler.TryAdd(continues: true, [4, 0, 1], out _, out _));
        Assert.False(assembler.TryAdd(continues: false, [2, 0, 4, 0, 1], out _, out _));
        Assert.False(assembler.TryAdd(continues: true, [2, 3], out _, out _)); // more than was announced
        Assert.False(assembler.TryAdd(continues: false, [2, 0, 4, 0, 1], out _, out _));
        Assert.True(assembler.TryAdd(continues: true, [2], out var channel, out var payload));
        Assert.Equal((4, "0102"), (channel, Convert.ToHexString(payload)));
    }

    private static byte[] Packet(Random random)
    {
        var bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        switch (random.Next(8))
        {
            case 0:
                return bytes;
            case 1:
                return Command(OpCodes[random.Next(OpCodes.Length)], bytes);
            case 2:
                return Acl(bytes, flags: (byte)(random.Next(4) << 4));
            default:
                if (bytes.Length > 0 && random.Next(2) == 0) bytes[0] = (byte)random.Next(0x20);
                if (bytes.Length > 2 && random.Next(2) == 0) (bytes[1], bytes[2]) = ((byte)random.Next(18), 0);
                return Acl([(byte)bytes.Length, 0, (byte)random.Next(3, 8), 0, .. bytes], flags: 0);
        }
    }

    private static byte[] Command(ushort opCode, params byte[] parameters) =>
        [HciPacket.Command, .. HciEvents.U16(opCode), (byte)parameters.Length, .. parameters];

    private static byte[] Acl(byte[] data, byte flags) => [HciPacket.Acl, 0x40, flags, (byte)data.Length, 0, .. data];
}
