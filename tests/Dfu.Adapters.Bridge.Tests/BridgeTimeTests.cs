using Dfu.Adapters.Bridge.Wire;
using Body = Dfu.Adapters.Bridge.Wire.FromBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>What the bridge does not wait for for ever.</summary>
public sealed class BridgeTimeTests : ServedRadio
{
    private readonly ManualTime _time = new();

    private protected override TimeProvider Time => _time;

    [Fact]
    public async Task A_host_that_never_says_hello_is_closed()
    {
        using var host = await HostAsync();
        var end = host.ReadOrEndAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Null(await end.Soon());
    }

    [Fact]
    public async Task A_host_that_said_hello_may_be_silent()
    {
        using var host = await GreetedHostAsync();
        for (var minute = 0; minute < 60; minute++) _time.Advance(TimeSpan.FromMinutes(1));
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_radio_that_forgets_a_connect_is_cut_off()
    {
        using var host = await GreetedHostAsync();
        Radio.OnConnect = static (_, _, token) => FakeRadio.NeverAsync(token);
        await host.SendAsync(Connect(1, timeoutMs: 5_000));
        var end = host.ReadAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(6));
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x3e } }, await end);
    }

    [Fact]
    public async Task A_radio_that_does_not_stop_connecting_is_not_waited_for_and_what_it_brings_is_closed()
    {
        using var host = await GreetedHostAsync();
        var connected = new TaskCompletionSource<FakeLink>();
        Radio.OnConnect = (_, _, _) => connected.Task;
        await host.SendAsync(Connect(1), Disconnect(1));
        var end = host.ReadAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x16 } }, await end);
        var late = new FakeLink();
        connected.SetResult(late);
        await late.Closed.Soon();
    }

    [Fact]
    public async Task A_connect_that_waits_for_its_turn_beyond_its_time_ends_in_0x3e()
    {
        using var host = await GreetedHostAsync();
        Radio.OnConnect = static (_, _, token) => FakeRadio.NeverAsync(token);
        await host.SendAsync(Connect(1, timeoutMs: 200_000), Connect(2, timeoutMs: 2_000));
        var end = host.ReadAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(new FromBridge { Link = 2, Disconnected = new Disconnected { Reason = 0x3e } }, await end);
        Assert.Equal(1, Radio.MostConnectsAtOnce);
    }

    [Fact]
    public async Task Packets_the_radio_never_takes_hold_the_end_of_a_link_up_only_so_long()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        link.OnPacket = static _ => new TaskCompletionSource().Task;
        await host.SendAsync(Packet(1, 1), Disconnect(1));
        var end = host.ReadAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x16 } }, await end);
    }

    [Fact]
    public async Task An_unanswered_request_holds_the_end_of_a_link_up_only_so_long()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        link.OnRequest = static _ => new TaskCompletionSource().Task;
        await host.SendAsync(Write(1, 1), Disconnect(1));
        var end = host.ReadAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Body.Disconnected, (await end).BodyCase);
    }

    [Fact]
    public async Task Nothing_follows_disconnected_even_when_the_radio_answers_after_it()
    {
        MakeRadio = static () => new FakeRadio { OnConnect = static (_, _, _) => Task.FromResult(new FakeLink { Stubborn = true }) };
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        var late = new TaskCompletionSource();
        link.OnRequest = _ => late.Task;
        await host.SendAsync(Write(1, 1), Disconnect(1));
        var end = host.ReadAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Body.Disconnected, (await end).BodyCase);
        late.SetResult();
        await host.SendAsync(Connect(2));
        Assert.Equal((2u, Body.Connected), await host.ReadAsync() is var m ? (m.Link, m.BodyCase) : default);
    }

    [Fact]
    public async Task A_host_that_takes_nothing_loses_its_stream()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        host.Socket.ReceiveBufferSize = 4096;
        for (var i = 0; i < 60_000; i++) link.Notify(Dfu.Protocol.Links.DfuCharacteristic.ControlPoint, new byte[500]);
        await _time.AdvanceUntilAsync(Radio.Disposed);
        await link.Closed.Soon();
    }
}
