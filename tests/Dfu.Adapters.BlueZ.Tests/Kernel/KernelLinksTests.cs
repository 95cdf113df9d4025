using System.Collections.Concurrent;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

public sealed class KernelLinksTests : IDisposable
{
    private static readonly BluetoothAddress Peer = BluetoothAddress.Parse("C4:55:46:57:00:01");
    private static readonly BluetoothAddress Other = BluetoothAddress.Parse("C4:55:46:57:00:02");
    private readonly ScriptedKernel _kernel = new();
    private readonly BlockingCollection<(int Index, BluetoothAddress Peer, byte Reason)> _ended = [];
    private readonly ConcurrentQueue<(int Index, BluetoothAddress? Peer, byte Status)> _refused = new();

    public KernelLinksTests() => _kernel.Answers[MgmtCommand.ReadVersion] = (0, [1, 22, 0]);

    public void Dispose()
    {
        _kernel.Dispose();
        _ended.Dispose();
    }

    [Fact]
    public async Task The_monitor_tells_parameters_and_the_exact_reason_of_an_end()
    {
        using var bluetooth = Open();
        Assert.True(bluetooth.MayMonitor);
        _kernel.Say(HciChannel.Monitor, Packets.LinkMade(1));
        await SettledAsync(bluetooth);
        Assert.Equal(new(TimeSpan.FromMilliseconds(30), 1, TimeSpan.FromSeconds(4)), bluetooth.InForce(1, Peer));

        _kernel.Say(HciChannel.Monitor, Packets.Hci(1, 0x3E, 0x0C, 0, 0x40, 0, 2, 2));
        _kernel.Say(HciChannel.Monitor, Packets.Hci(1, 0x3E, 0x03, 0, 0x40, 0, 6, 0, 0, 0, 10, 0));
        await SettledAsync(bluetooth);
        Assert.Equal(TimeSpan.FromMilliseconds(7.5), bluetooth.InForce(1, Peer)!.Interval);
        Assert.Equal(new LinkPhy(2, 2), bluetooth.PhyInForce(1, Peer));

        _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(1, 0x3D));
        Assert.Equal((1, Peer, (byte)0x3D), Ended());
        Assert.Null(bluetooth.InForce(1, Peer));
    }

    [Fact]
    public async Task An_end_that_both_tell_is_told_once_with_the_exact_reason()
    {
        using var bluetooth = Open();
        for (byte round = 0; round < 20; round++)
        {
            // The management socket is written last, but may be seen readable first.
            _kernel.Say(HciChannel.Monitor, Packets.LinkMade(0));
            _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, 0x14));
            _kernel.SayEvent(MgmtEvent.DeviceDisconnected, 0, Packets.Disconnected(3));
            Assert.Equal((0, Peer, (byte)0x14), Ended());
        }

        await SettledAsync(bluetooth);
        Assert.Empty(_ended);
    }

    [Fact]
    public void A_link_that_is_older_than_the_monitor_ends_with_what_the_management_socket_says()
    {
        using var bluetooth = Open();
        _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, 0x13));
        _kernel.SayEvent(MgmtEvent.DeviceDisconnected, 0, Packets.Disconnected(1));
        Assert.Equal((0, Peer, (byte)0x08), Ended());
    }

    [Fact]
    public void A_second_end_is_not_taken_for_the_first_one_again()
    {
        using var bluetooth = Open();
        _kernel.Say(HciChannel.Monitor, Packets.LinkMade(0));
        _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, 0x13));
        _kernel.SayEvent(MgmtEvent.DeviceDisconnected, 0, Packets.Disconnected(3));
        _kernel.SayEvent(MgmtEvent.DeviceDisconnected, 0, Packets.Disconnected(3, peer: 2));
        _kernel.SayEvent(MgmtEvent.DeviceDisconnected, 0, Packets.Disconnected(1));
        Assert.Equal([(0, Peer, (byte)0x13), (0, Other, (byte)0x13), (0, Peer, (byte)0x08)], [Ended(), Ended(), Ended()]);
    }

    [Fact]
    public void Without_the_monitor_the_management_socket_tells()
    {
        using var bluetooth = KernelBluetooth.Open(_kernel, TimeProvider.System, monitor: false);
        bluetooth.Disconnected += (index, peer, reason) => _ended.Add((index, peer, reason));
        Assert.Equal((true, false, 0), (bluetooth.MayConfigure, bluetooth.MayMonitor, bluetooth.MonitorError));
        _kernel.SayEvent(MgmtEvent.DeviceDisconnected, 4, Packets.Disconnected(3));
        Assert.Equal((4, Peer, (byte)0x13), Ended());
    }

    [Fact]
    public void The_monitor_tells_without_the_management_socket_too()
    {
        using var kernel = new ScriptedKernel { Refused = { [HciChannel.Control] = 1 } };
        using var bluetooth = KernelBluetooth.Open(kernel, TimeProvider.System);
        bluetooth.Disconnected += (index, peer, reason) => _ended.Add((index, peer, reason));
        kernel.Say(HciChannel.Monitor, Packets.LinkMade(0));
        kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, 0x22));
        Assert.Equal((0, Peer, (byte)0x22), Ended());
    }

    [Fact]
    public async Task The_monitor_tells_why_a_connect_failed_and_whose_it_was()
    {
        using var bluetooth = Open();
        _kernel.Say(HciChannel.Monitor, Packets.Connect(1, peer: 2));
        _kernel.Say(HciChannel.Monitor, Packets.ConnectStatus(1, 0));
        _kernel.Say(HciChannel.Monitor, Packets.Connect(0));
        _kernel.Say(HciChannel.Monitor, Packets.ConnectStatus(0, 0x09));
        _kernel.SayEvent(MgmtEvent.ConnectFailed, 0, Packets.Disconnected(7));
        _kernel.Say(HciChannel.Monitor, Packets.Hci(1, 0x3E, [0x01, 0x3E, .. new byte[17]]));
        _kernel.Say(HciChannel.Monitor, Packets.ConnectStatus(2, 0x0D));
        await SettledAsync(bluetooth);
        Assert.Equal([(0, Peer, (byte)0x09), (1, Other, (byte)0x3E), (2, null, (byte)0x0D)], _refused);
        Assert.Empty(_ended);
    }

    [Fact]
    public async Task Without_the_monitor_the_management_socket_tells_why_a_connect_failed()
    {
        using var bluetooth = KernelBluetooth.Open(_kernel, TimeProvider.System, monitor: false);
        bluetooth.ConnectFailed += (index, peer, status) => _refused.Enqueue((index, peer, status));
        foreach (byte status in new byte[] { 7, 4, 2, 3 }) _kernel.SayEvent(MgmtEvent.ConnectFailed, 4, Packets.Disconnected(status));
        _kernel.SayEvent(MgmtEvent.ConnectFailed, 4, Packets.Disconnected(7, type: 0));
        _kernel.SayEvent(MgmtEvent.ConnectFailed, 4, 1, 2, 3);
        await SettledAsync(bluetooth);
        Assert.Equal([(4, Peer, (byte)0x09), (4, Peer, (byte)0x3E), (4, Peer, (byte)0x02), (4, Peer, (byte)0x1F)], _refused);
    }

    [Fact]
    public void Who_throws_keeps_nothing_from_the_others()
    {
        using var bluetooth = KernelBluetooth.Open(_kernel, TimeProvider.System);
        bluetooth.Disconnected += (_, _, _) => throw new InvalidOperationException();
        bluetooth.Disconnected += (index, peer, reason) => _ended.Add((index, peer, reason));
        for (byte reason = 1; reason < 4; reason++)
        {
            _kernel.Say(HciChannel.Monitor, Packets.LinkMade(0));
            _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, reason));
            Assert.Equal((0, Peer, reason), Ended());
        }
    }

    [Fact]
    public async Task Garbage_on_both_sockets_is_passed_over()
    {
        using var bluetooth = Open();
        var random = new Random(17);
        for (var i = 0; i < 2_000; i++)
        {
            var packet = new byte[1 + random.Next(60)];
            random.NextBytes(packet);
            if (packet.Length > 8) (packet[0], packet[1], packet[6]) = (3, 0, i % 2 == 0 ? (byte)0x3E : (byte)0x05);
            _kernel.Say(HciChannel.Monitor, packet);
            if (packet.Length > 2) (packet[0], packet[1]) = ((byte)(i % 14), 0);
            _kernel.Say(HciChannel.Control, packet);
        }

        _kernel.Say(HciChannel.Monitor, Packets.LinkMade(0));
        await SettledAsync(bluetooth);
        Assert.NotNull(bluetooth.InForce(0, Peer));
    }

    [Fact]
    public async Task What_is_lost_while_nobody_reads_harms_nothing_after_it()
    {
        using var bluetooth = Open();
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        bluetooth.Disconnected += (_, _, _) =>
        {
            entered.Set();
            release.Wait();
        };
        _kernel.Say(HciChannel.Monitor, Packets.LinkMade(0));
        _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, 0x08));
        Assert.True(entered.Wait(TimeSpan.FromSeconds(20)));

        // As the kernel does: what does not fit is dropped, here the second half of it.
        var lost = 0;
        for (var i = 0; i < 20_000 && lost < 100; i++)
        {
            if (!_kernel.TrySay(HciChannel.Monitor, Packets.LinkMade(0, peer: (byte)i, handle: (byte)i))) lost++;
        }

        Assert.Equal(100, lost);
        release.Set();
        await SettledAsync(bluetooth);
        _kernel.Say(HciChannel.Monitor, Packets.LinkMade(0, peer: 2, handle: 0x77));
        _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, 0x13, handle: 0x77));
        Assert.Equal((0, Peer, (byte)0x08), Ended());
        Assert.Equal((0, Other, (byte)0x13), Ended());
    }

    [Fact]
    public async Task A_monitor_that_ends_leaves_the_management_socket_working()
    {
        using var bluetooth = Open();
        _kernel.Close(HciChannel.Monitor);
        for (var i = 0; i < 1000 && bluetooth.MayMonitor; i++) await SettledAsync(bluetooth);
        Assert.False(bluetooth.MayMonitor);
        _kernel.SayEvent(MgmtEvent.DeviceDisconnected, 0, Packets.Disconnected(3));
        Assert.Equal((0, Peer, (byte)0x13), Ended());
    }

    [Fact]
    public async Task Disposal_from_a_listener_does_not_wait_for_itself()
    {
        var bluetooth = Open();
        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bluetooth.Disconnected += (_, _, _) =>
        {
            bluetooth.Dispose();
            disposed.SetResult();
        };
        _kernel.Say(HciChannel.Monitor, Packets.LinkMade(0));
        _kernel.Say(HciChannel.Monitor, Packets.LinkEnded(0, 0x08));
        await disposed.Task.WaitAsync(TimeSpan.FromSeconds(4), TimeProvider.System);
    }

    private KernelBluetooth Open()
    {
        var bluetooth = KernelBluetooth.Open(_kernel, TimeProvider.System);
        bluetooth.Disconnected += (index, peer, reason) => _ended.Add((index, peer, reason));
        bluetooth.ConnectFailed += (index, peer, status) => _refused.Enqueue((index, peer, status));
        return bluetooth;
    }

    /// <summary>An answer is handed on only after what the monitor had before it.</summary>
    private static async Task SettledAsync(KernelBluetooth bluetooth) => Assert.NotNull(await bluetooth.VersionAsync(CancellationToken.None));

    private (int Index, BluetoothAddress Peer, byte Reason) Ended()
    {
        Assert.True(_ended.TryTake(out var ended, TimeSpan.FromSeconds(20)), "no end was told");
        return ended;
    }
}
