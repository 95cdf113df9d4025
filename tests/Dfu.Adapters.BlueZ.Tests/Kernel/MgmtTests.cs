using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

public sealed class MgmtTests
{
    [Fact]
    public void A_packet_is_written_and_read_with_its_header()
    {
        var bytes = MgmtPacket.Write(0x0035, 0x0102, [7, 8]);
        Assert.Equal(new byte[] { 0x35, 0, 2, 1, 2, 0, 7, 8 }, bytes);
        Assert.True(MgmtPacket.TryParse(bytes, out var packet));
        Assert.Equal((0x0035, 0x0102), (packet.Code, packet.Index));
        Assert.Equal(new byte[] { 7, 8 }, packet.Parameters.ToArray());
    }

    [Fact]
    public void A_packet_of_another_length_than_it_says_is_refused()
    {
        Assert.False(MgmtPacket.TryParse([1, 0, 0, 0, 3, 0, 1, 2], out _));
        Assert.False(MgmtPacket.TryParse([1, 0, 0, 0, 1, 0, 1, 2], out _));
        Assert.False(MgmtPacket.TryParse([1, 0, 0, 0, 0], out _));
    }

    [Fact]
    public void Both_answers_name_their_command_and_status()
    {
        Assert.True(MgmtPacket.TryParse(MgmtPacket.Write(1, 3, [0x44, 0, 0, 9]), out var complete));
        Assert.True(MgmtAnswer.TryParse(complete, out var answer));
        Assert.Equal((MgmtCommand.GetPhyConfiguration, (ushort)3, true, (byte)9), (answer.Command, answer.Index, answer.Succeeded, answer.Parameters.Span[0]));

        Assert.True(MgmtPacket.TryParse(MgmtPacket.Write(2, 3, [5, 0, 0x14]), out var status));
        Assert.True(MgmtAnswer.TryParse(status, out answer));
        Assert.Equal((MgmtCommand.SetPowered, (byte)0x14, false), (answer.Command, answer.Status, answer.Succeeded));
    }

    [Fact]
    public void Controller_information_holds_address_versions_settings_and_name()
    {
        Assert.True(ControllerInformation.TryParse(Packets.Information(), out var information));
        Assert.Equal(new(BluetoothAddress.Parse("C4:7C:8D:00:11:22"), 9, 0x59, 0x281, 0x201, "dfu"), information);
    }

    [Theory]
    [InlineData(0, 0x1f)]
    [InlineData(1, 0x08)]
    [InlineData(2, 0x16)]
    [InlineData(3, 0x13)]
    [InlineData(4, 0x05)]
    [InlineData(5, 0x16)]
    [InlineData(99, 0x1f)]
    public void Reasons_become_those_of_hci_and_what_is_unknown_stays_unknown(byte told, byte reason)
    {
        Assert.True(DeviceDisconnected.TryParse(Packets.Disconnected(told), out var ended));
        Assert.Equal(new(BluetoothAddress.Parse("C4:55:46:57:00:01"), reason), ended);
    }

    [Fact]
    public void The_end_of_a_link_without_low_energy_is_no_link_of_ours() => Assert.False(DeviceDisconnected.TryParse(Packets.Disconnected(3, type: 0), out _));

    [Fact]
    public void The_list_of_commands_is_believed_only_as_far_as_it_reaches()
    {
        Assert.True(MgmtCommands.Has([2, 0, 0, 0, 4, 0, 5, 0], MgmtCommand.SetPowered));
        Assert.False(MgmtCommands.Has([1, 0, 1, 0, 4, 0, 5, 0], MgmtCommand.SetPowered));
        Assert.False(MgmtCommands.Has([9, 0, 0, 0, 4, 0, 5], MgmtCommand.SetPowered));
    }

    [Fact]
    public void Whatever_arrives_nothing_is_thrown()
    {
        var random = new Random(4);
        var accepted = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(i % 10 == 0 ? 320 : 40)];
            random.NextBytes(bytes);
            if (bytes.Length > 5 && i % 2 == 0) (bytes[1], bytes[4], bytes[5]) = (0, (byte)Math.Max(0, bytes.Length - 6), (byte)((bytes.Length - 6) >> 8));
            bool[] parsed =
            [
                MgmtPacket.TryParse(bytes, out var packet) && MgmtAnswer.TryParse(packet, out _),
                ControllerInformation.TryParse(bytes, out _),
                PhyConfiguration.TryParse(bytes, out _),
                DeviceDisconnected.TryParse(bytes, out _),
                MgmtVersion.TryParse(bytes, out _),
                MgmtCommands.Has(bytes, MgmtCommand.SetPowered),
                DeviceInfo.TryParse(bytes, out _),
                MonitorEvent.Parse(bytes) is not null,
            ];
            accepted += parsed.Count(static yes => yes);
        }

        Assert.InRange(accepted, 10_000, 160_000);
    }

    [Theory]
    [InlineData(15, 0, 4000, true)]
    [InlineData(7.5, 0, 100, true)]
    [InlineData(5, 0, 4000, false)]
    [InlineData(4001.25, 0, 32000, false)]
    [InlineData(15, 500, 32000, false)]
    [InlineData(15, -1, 4000, false)]
    [InlineData(15, 0, 90, false)]
    [InlineData(15, 0, 32010, false)]
    [InlineData(1000, 1, 4000, false)]
    [InlineData(1000, 1, 4010, true)]
    public void Parameters_that_bluetooth_does_not_allow_are_known(double interval, int latency, double timeout, bool allowed) =>
        Assert.Equal(allowed, PreferredParameters.AreAllowed(new(TimeSpan.FromMilliseconds(interval), latency, TimeSpan.FromMilliseconds(timeout))));

    [Fact]
    public void The_list_of_preferred_parameters_keeps_the_newest_32_peers_once_each()
    {
        var list = new PreferredParameters();
        var parameters = new LinkParameters(TimeSpan.FromMilliseconds(15), 2, TimeSpan.FromSeconds(4));
        for (var peer = 1u; peer <= 40; peer++) list.With(new(peer), AddressType.Random, parameters);
        var bytes = list.With(new(20), AddressType.Public, parameters);

        Assert.Equal(2 + (32 * 15), bytes.Length);
        Assert.Equal([32, 0], bytes[..2]);
        Assert.Equal([.. Enumerable.Range(9, 32).Where(static peer => peer != 20), 20], bytes.Skip(2).Chunk(15).Select(static entry => (int)entry[0]));
        Assert.Equal([20, 0, 0, 0, 0, 0, 1, 12, 0, 12, 0, 2, 0, 0x90, 1], bytes[^15..]);
        Assert.Equal(2, bytes[8]);
    }
}
