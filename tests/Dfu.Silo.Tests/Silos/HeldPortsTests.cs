using System.Net;
using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Dfu.Silo.Silos;

namespace Dfu.Silo.Tests.Silos;

public sealed class HeldPortsTests
{
    [Fact]
    public void A_port_that_is_held_is_nobody_elses()
    {
        using var first = new HeldPorts();
        using var second = new HeldPorts();
        var held = first.Hold(IPAddress.Loopback, 0);
        Assert.NotEqual(0, held.Port);
        var refusal = Assert.Throws<DfuException>(() => second.Hold(IPAddress.Loopback, held.Port));
        Assert.Equal(DfuError.ListenFailed, refusal.Error);
        Assert.StartsWith($"{held}: ", refusal.Message, StringComparison.Ordinal);

        // As Orleans' own listeners do, which share a port with others that do.
        using var shared = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        shared.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        Assert.Throws<SocketException>(() => shared.Bind(held));

        first.Dispose();
        Assert.Equal(held, second.Hold(IPAddress.Loopback, held.Port));
    }

    [Fact]
    public void Of_many_that_take_a_free_port_none_gets_anothers()
    {
        HeldPorts[] all = [.. Enumerable.Range(0, 50).Select(_ => new HeldPorts())];
        try
        {
            Assert.Equal(100, all.SelectMany(ports => new[] { ports.Hold(IPAddress.Loopback, 0), ports.Hold(IPAddress.Loopback, 0) }).Distinct().Count());
        }
        finally
        {
            foreach (var ports in all) ports.Dispose();
        }
    }

    [Fact]
    public void An_address_of_another_host_is_refused_by_name()
    {
        using var ports = new HeldPorts();
        var refusal = Assert.Throws<DfuException>(() => ports.Hold(IPAddress.Parse("192.0.2.1"), 0));
        Assert.Equal(DfuError.ListenFailed, refusal.Error);
        Assert.StartsWith("192.0.2.1: ", refusal.Message, StringComparison.Ordinal);
    }
}
