using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Body = Dfu.Adapters.Bridge.Wire.ToBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>What the host does not wait for for ever.</summary>
public sealed class HostTimeTests : FakeBridge
{
    [Fact]
    public async Task An_unanswered_request_costs_the_link()
    {
        var (bridge, adapter, link) = await LinkAsync();
        using var _ = bridge;
        var write = link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 1 }, Ct);
        Assert.Equal(Body.Write, (await bridge.ReadAsync()).BodyCase);
        await Time.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(DfuError.RequestTimeout, (await Assert.ThrowsAsync<DfuException>(() => write.Soon())).Error);
        Assert.Equal(Body.Disconnect, (await bridge.ReadAsync()).BodyCase);
        await bridge.SendAsync(Disconnected(1, 0x16));
        Assert.Contains("Written", (await link.Closed.Soon()).Detail, StringComparison.Ordinal);
        Assert.False(adapter.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_link_that_gets_no_credit_is_lost()
    {
        var (bridge, _, link) = await LinkAsync();
        using var _ = bridge;
        var packet = link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[] { 1 }, Ct).AsTask();
        await Time.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(DfuError.LinkLost, (await Assert.ThrowsAsync<DfuException>(() => packet.Soon())).Error);
        Assert.Equal(Body.Disconnect, (await bridge.ReadAsync()).BodyCase);
        await bridge.SendAsync(Disconnected(1, 0x16));
        Assert.Contains("credit", (await link.Closed.Soon()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unanswered_connect_is_taken_back_and_a_late_connected_is_disconnected_again()
    {
        var (bridge, adapter) = await OpenAsync();
        using var _ = bridge;
        var connecting = adapter.ConnectAsync(Device, AddressType.Random, new LinkOptions { ConnectTimeout = TimeSpan.FromSeconds(5) }, Ct);
        Assert.Equal(Body.Connect, (await bridge.ReadAsync()).BodyCase);
        await Time.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(Body.Disconnect, (await bridge.ReadAsync()).BodyCase);
        await bridge.SendAsync(new FromBridge { Link = 1, Connected = new Connected { Mtu = 23 } });
        Assert.Equal(Body.Disconnect, (await bridge.ReadAsync()).BodyCase);
        await bridge.SendAsync(Disconnected(1, 0x16));
        Assert.Equal(DfuError.ConnectTimeout, (await Assert.ThrowsAsync<DfuException>(() => connecting.Soon())).Error);
        Assert.False(adapter.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_bridge_that_answers_neither_connect_nor_disconnect_is_lost()
    {
        var (bridge, adapter) = await OpenAsync();
        using var _ = bridge;
        var connecting = adapter.ConnectAsync(Device, AddressType.Random, new LinkOptions(), Ct);
        await Time.PassAsync(TimeSpan.FromSeconds(25));
        await Time.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("disconnect", await adapter.Lost.Soon(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<DfuException>(() => connecting.Soon());
    }

    [Fact]
    public async Task A_bridge_that_does_not_confirm_a_disconnect_is_lost_and_disposal_ends()
    {
        var (bridge, adapter, link) = await LinkAsync();
        using var _ = bridge;
        var disposing = link.DisposeAsync().AsTask();
        await Time.PassAsync(TimeSpan.FromSeconds(10));
        await disposing.Soon();
        await adapter.Lost.Soon();
        await adapter.DisposeAsync().Soon();
    }
}
