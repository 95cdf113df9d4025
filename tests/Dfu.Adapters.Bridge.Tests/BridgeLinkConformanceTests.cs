using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.FromBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>The bridge against the sentences of bridge.proto that speak of a link: order, credit, and its one end.</summary>
public sealed class BridgeLinkConformanceTests : ServedRadio
{
    [Fact]
    public async Task Credit_follows_connected()
    {
        using var host = await GreetedHostAsync();
        await host.SendAsync(Connect(5));
        var connected = new Connected { Mtu = 247, IntervalUs = 15_000, Characteristics = { Characteristic.ControlPoint, Characteristic.Packet } };
        Assert.Equal(new FromBridge { Link = 5, Connected = connected }, await host.ReadAsync());
        Assert.Equal(new FromBridge { Link = 5, Credit = new Credit { Packets = 8 } }, await host.ReadAsync());
    }

    [Fact]
    public async Task A_packet_that_left_the_air_is_one_more_credit_and_not_before()
    {
        var (host, link, credit) = await LinkedHostAsync();
        using var _ = host;
        var air = new SemaphoreSlim(0);
        link.OnPacket = _ => air.WaitAsync();
        await host.SendAsync([.. Enumerable.Range(0, (int)credit).Select(i => Packet(1, (byte)i))]);
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
        for (var i = 0; i < credit; i++)
        {
            air.Release();
            Assert.Equal(new FromBridge { Link = 1, Credit = new Credit { Packets = 1 } }, await host.ReadAsync());
        }
    }

    [Fact]
    public async Task A_host_that_sends_without_credit_loses_the_link_and_only_that()
    {
        var (host, link, credit) = await LinkedHostAsync();
        using var _ = host;
        var air = new TaskCompletionSource();
        link.OnPacket = _ => air.Task;
        await host.SendAsync([.. Enumerable.Range(0, (int)credit + 3).Select(i => Packet(1, (byte)i))]);
        Assert.Equal((1u, Body.Fault), await host.ReadAsync() is var m ? (m.Link, m.BodyCase) : default);
        air.SetResult();
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x16 } }, await host.ReadAsync());
        for (byte i = 0; i < credit; i++) Assert.Equal([i], (await link.NextAsync()).Value);
        Assert.False(link.TryNext(out var _));
        await host.SendAsync(Connect(1));
        Assert.Equal(Body.Connected, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task Writes_and_write_commands_reach_the_air_in_the_order_of_the_stream()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        var written = new TaskCompletionSource();
        link.OnRequest = _ => written.Task;
        await host.SendAsync(Packet(1, 1), Packet(1, 2), Write(1, 3), Packet(1, 4), Packet(1, 5));
        for (byte i = 1; i <= 5; i++) Assert.Equal([i], (await link.NextAsync()).Value);
        written.SetResult();
        var answers = new List<Body>();
        for (var i = 0; i < 5; i++) answers.Add((await host.ReadAsync()).BodyCase);
        Assert.Equal([Body.Written, Body.Credit, Body.Credit, Body.Credit, Body.Credit], answers.Order());
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(DfuError.PairingRefused, 1)]
    [InlineData(DfuError.BondRequired, 2)]
    public async Task Secure_is_answered_by_secured_and_the_link_goes_on(DfuError? refusal, int result)
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        link.OnRequest = call => call.Kind == "secure" && refusal is { } error ? Task.FromException(new DfuException(error, "no")) : Task.CompletedTask;
        await host.SendAsync(new ToBridge { Link = 1, Secure = new Secure() });
        Assert.Equal(new FromBridge { Link = 1, Secured = new Secured { Result = (SecureResult)result } }, await host.ReadAsync());
        await host.SendAsync(Write(1, 6, 1));
        Assert.Equal(Body.Written, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task Written_may_follow_the_notification_that_it_caused()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        var acknowledged = new TaskCompletionSource();
        link.OnRequest = _ => acknowledged.Task;
        await host.SendAsync(Write(1, 6, 1));
        await link.NextAsync();
        link.Notify(DfuCharacteristic.ControlPoint, 0x60, 6, 1);
        var value = new Notification { Characteristic = Characteristic.ControlPoint, Value = ByteString.CopyFrom(0x60, 6, 1) };
        Assert.Equal(new FromBridge { Link = 1, Notification = value }, await host.ReadAsync());
        acknowledged.SetResult();
        Assert.Equal(new FromBridge { Link = 1, Written = new Written { Characteristic = Characteristic.ControlPoint } }, await host.ReadAsync());
    }

    [Fact]
    public async Task Subscribe_and_write_are_answered_with_their_characteristic_and_status()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        await host.SendAsync(Subscribe(1));
        Assert.Equal(new FromBridge { Link = 1, Subscribed = new Subscribed { Characteristic = Characteristic.ControlPoint } }, await host.ReadAsync());
        await host.SendAsync(Write(1, 1));
        Assert.Equal(new FromBridge { Link = 1, Written = new Written { Characteristic = Characteristic.ControlPoint } }, await host.ReadAsync());
        link.OnRequest = static _ => Task.FromException(new DfuException(DfuError.AttError, "no") { AttStatus = 0xfd });
        await host.SendAsync(Write(1, 1));
        Assert.Equal(
            new FromBridge { Link = 1, Written = new Written { Characteristic = Characteristic.ControlPoint, AttStatus = 0xfd } }, await host.ReadAsync());
        await host.SendAsync(Subscribe(1));
        Assert.Equal(0xfdu, (await host.ReadAsync()).Subscribed.AttStatus);
    }

    [Fact]
    public async Task A_characteristic_that_nobody_knows_is_not_found_and_costs_no_credit()
    {
        var (host, _, _) = await LinkedHostAsync();
        using var _ = host;
        await host.SendAsync(Subscribe(1, (Characteristic)99));
        Assert.Equal(
            new FromBridge { Link = 1, Subscribed = new Subscribed { Characteristic = (Characteristic)99, AttStatus = 0x0a } }, await host.ReadAsync());
        await host.SendAsync(new ToBridge { Link = 1, WriteCommand = new WriteCommand { Value = ByteString.CopyFrom(1) } });
        Assert.Equal(new FromBridge { Link = 1, Credit = new Credit { Packets = 1 } }, await host.ReadAsync());
    }

    [Fact]
    public async Task A_second_request_while_one_is_outstanding_ends_the_link_and_neither_is_answered()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        link.OnRequest = static _ => new TaskCompletionSource().Task;
        await host.SendAsync(Write(1, 1), Subscribe(1));
        Assert.Equal((1u, Body.Fault), await host.ReadAsync() is var m ? (m.Link, m.BodyCase) : default);
        Assert.Equal((1u, Body.Disconnected), await host.ReadAsync() is var n ? (n.Link, n.BodyCase) : default);
    }

    [Fact]
    public async Task After_a_fault_of_the_link_only_disconnected_follows()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        var (reached, air) = (new TaskCompletionSource(), new TaskCompletionSource());
        var answer = new TaskCompletionSource();
        link.OnRequest = _ => answer.Task;
        link.OnPacket = _ =>
        {
            reached.TrySetResult();
            return air.Task;
        };
        await host.SendAsync(Write(1, 1), Packet(1, 1));
        await link.NextAsync();
        await reached.Task.Soon();
        await host.SendAsync(Subscribe(1));
        Assert.Equal((1u, Body.Fault), await host.ReadAsync() is var m ? (m.Link, m.BodyCase) : default);
        link.Notify(DfuCharacteristic.ControlPoint, 0x60, 4, 1);
        answer.SetResult();
        air.SetResult();
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x16 } }, await host.ReadAsync());
    }

    [Fact]
    public async Task A_connect_nobody_answers_ends_in_disconnected_0x3e()
    {
        using var host = await GreetedHostAsync();
        Radio.OnConnect = static (_, _, _) => Task.FromException<FakeLink>(new DfuException(DfuError.ConnectTimeout, "silence"));
        await host.SendAsync(Connect(1));
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x3e } }, await host.ReadAsync());
        Radio.OnConnect = static (_, _, _) => Task.FromResult(new FakeLink());
        await host.SendAsync(Connect(1));
        Assert.Equal(Body.Connected, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_connect_with_a_wrong_address_is_a_fault_and_ends_in_disconnected()
    {
        using var host = await GreetedHostAsync();
        await host.SendAsync(new ToBridge { Link = 1, Connect = new Connect { Address = ByteString.CopyFrom(1, 2, 3) } });
        Assert.Equal((1u, Body.Fault), await host.ReadAsync() is var m ? (m.Link, m.BodyCase) : default);
        Assert.Equal((1u, Body.Disconnected), await host.ReadAsync() is var n ? (n.Link, n.BodyCase) : default);
    }

    [Fact]
    public async Task More_connects_than_links_end_in_disconnected_0x09()
    {
        MakeRadio = static () => new FakeRadio { MaxLinks = 1, OnConnect = static (_, _, token) => FakeRadio.NeverAsync(token) };
        using var host = await GreetedHostAsync();
        await host.SendAsync(Connect(1), Connect(2), Disconnect(1));
        Assert.Equal(new FromBridge { Link = 2, Disconnected = new Disconnected { Reason = 0x09 } }, await host.ReadAsync());
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x16 } }, await host.ReadAsync());
    }

    [Fact]
    public async Task A_link_ends_in_exactly_one_disconnected_whoever_ends_it()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        link.Notify(DfuCharacteristic.ControlPoint, 0x60, 4, 1);
        link.Close(LinkClosure.RemoteUser);
        Assert.Equal(Body.Notification, (await host.ReadAsync()).BodyCase);
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x13 } }, await host.ReadAsync());
        await host.SendAsync(Disconnect(1), Disconnect(1), Connect(1));
        Assert.Equal(Body.Connected, (await host.ReadAsync()).BodyCase);
        Assert.Equal(Body.Credit, (await host.ReadAsync()).BodyCase);
        await host.SendAsync(Disconnect(1), Disconnect(1));
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x16 } }, await host.ReadAsync());
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task What_was_pending_at_the_end_gets_no_other_answer()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        link.OnRequest = static _ => new TaskCompletionSource().Task;
        await host.SendAsync(Write(1, 1));
        await link.NextAsync();
        link.Close(LinkClosure.SupervisionTimeout);
        Assert.Equal(new FromBridge { Link = 1, Disconnected = new Disconnected { Reason = 0x08 } }, await host.ReadAsync());
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_number_that_is_free_again_starts_with_new_credit()
    {
        var (host, link, credit) = await LinkedHostAsync();
        using var _ = host;
        link.OnPacket = static _ => new TaskCompletionSource().Task;
        await host.SendAsync([.. Enumerable.Range(0, (int)credit).Select(i => Packet(1, (byte)i))]);
        link.Close(LinkClosure.SupervisionTimeout);
        Assert.Equal(Body.Disconnected, (await host.ReadAsync()).BodyCase);
        await host.SendAsync(Connect(1));
        Assert.Equal(Body.Connected, (await host.ReadAsync()).BodyCase);
        Assert.Equal(credit, (await host.ReadAsync()).Credit.Packets);
        await host.SendAsync([.. Enumerable.Range(0, (int)credit).Select(i => Packet(1, (byte)i))]);
        for (var i = 0; i < credit; i++) Assert.Equal(Body.Credit, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_connect_with_a_number_in_use_is_a_fault_of_that_link()
    {
        var (host, _, _) = await LinkedHostAsync();
        using var _ = host;
        await host.SendAsync(Connect(1));
        Assert.Equal((1u, Body.Fault), await host.ReadAsync() is var m ? (m.Link, m.BodyCase) : default);
        Assert.Equal((1u, Body.Disconnected), await host.ReadAsync() is var n ? (n.Link, n.BodyCase) : default);
    }

    [Fact]
    public async Task Messages_for_a_link_that_does_not_exist_are_ignored()
    {
        using var host = await GreetedHostAsync();
        await host.SendAsync(Disconnect(9), Subscribe(9), Write(9, 1), Packet(9, 1), Write(0, 1), Disconnect(0));
        await host.SendAsync(new ToBridge { Hello = new Hello { Version = 1 } });
        Assert.Equal(Body.Hello, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_radio_that_throws_what_it_should_not_is_a_fault_of_the_link()
    {
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        link.OnPacket = static _ => Task.FromException(new InvalidOperationException("broken"));
        await host.SendAsync(Packet(1, 1));
        Assert.Equal("broken", (await host.ReadAsync()).Fault.Message);
        Assert.Equal(Body.Disconnected, (await host.ReadAsync()).BodyCase);
    }

    [Fact]
    public async Task A_host_that_does_not_read_makes_the_bridge_wait_and_loses_nothing()
    {
        MakeRadio = static () => new FakeRadio { OnConnect = static (_, _, _) => Task.FromResult(new FakeLink()) };
        var (host, link, _) = await LinkedHostAsync();
        using var _ = host;
        const int Notifications = 60_000;
        var value = new byte[500];
        for (var i = 0; i < Notifications; i++) link.Notify(DfuCharacteristic.ControlPoint, [.. BitConverter.GetBytes(i), .. value]);
        Assert.True(link.Unread > 0);
        for (var i = 0; i < Notifications; i++) Assert.Equal(i, BitConverter.ToInt32((await host.ReadAsync()).Notification.Value.Span));
        Assert.Equal(0, link.Unread);
    }
}
