using System.Net;
using Dfu.Server.Security;

namespace Dfu.Server.Tests.Security;

public sealed class FailedKeysTests
{
    private static readonly IPAddress Shop = IPAddress.Parse("203.0.113.7");
    private readonly HandTime _time = new();
    private readonly FailedKeys _failed;

    public FailedKeysTests() => _failed = new(_time);

    [Fact]
    public void Ten_wrong_keys_are_answered_at_once_and_then_one_in_six_seconds()
    {
        Assert.All(Enumerable.Range(0, FailedKeys.AtOnce), _ => Assert.Null(_failed.Count(Shop)));
        Assert.Equal(FailedKeys.Every, _failed.Count(Shop));
        Assert.Equal(FailedKeys.Every, _failed.Count(Shop)); // what is not answered does not make it longer
        _time.Advance(FailedKeys.Every);
        Assert.Null(_failed.Count(Shop));
        Assert.NotNull(_failed.Count(Shop));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.All(Enumerable.Range(0, FailedKeys.AtOnce), _ => Assert.Null(_failed.Count(Shop)));
    }

    [Fact]
    public void An_address_does_not_pay_for_another_and_a_network_of_ipv6_is_one()
    {
        for (var i = 0; i < 20; i++) _failed.Count(Shop);
        Assert.NotNull(_failed.Count(IPAddress.Parse("::ffff:203.0.113.7")));
        Assert.Null(_failed.Count(IPAddress.Parse("203.0.113.8")));
        for (var i = 0; i < 20; i++) _failed.Count(IPAddress.Parse($"2001:db8:1:2::{i:x}"));
        Assert.NotNull(_failed.Count(IPAddress.Parse("2001:db8:1:2:ffff::1")));
        Assert.Null(_failed.Count(IPAddress.Parse("2001:db8:1:3::1")));
    }

    [Fact]
    public void A_million_addresses_take_no_more_room_than_four_thousand()
    {
        for (var i = 0; i < 1_000_000; i++) _failed.Count(new((uint)i * 2654435761));
        Assert.InRange(_failed.Addresses, FailedKeys.MostAddresses, FailedKeys.MostAddresses + 1);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(_failed.Count(Shop));
        Assert.Equal(1, _failed.Addresses);
    }
}
