using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Tests.Adapters;

public sealed class AttemptLeaseTests : IDisposable
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);
    private readonly HandTime _time = new();
    private readonly HandTime _wall = new();
    private readonly FleetHost _host;
    private readonly AttemptLease _lease;
    private int _expired;

    public AttemptLeaseTests()
    {
        _host = new()
        {
            Silo = "host",
            Policy = new FleetPolicy(),
            Time = _time,
            Wall = _wall,
            Runner = static (_, _, _, _, _) => throw new NotSupportedException(),
            Ledger = static _ => new InMemoryTrafficLedger(),
            Packages = null!,
        };
        _lease = new(Length, _host, () => _expired++);
    }

    private (bool Holds, int Expired) Is => (_lease.Holds, _expired);

    private HostMoment Now => HostMoment.Now(_time, _wall);

    public void Dispose() => _lease.Dispose();

    [Fact]
    public void It_holds_for_its_length_and_expires_once()
    {
        Pass(9.9);
        Assert.Equal((true, 0), Is);
        Pass(0.1);
        Assert.Equal((false, 1), Is);
        Pass(100);
        Assert.Equal((false, 1), Is);
    }

    [Fact]
    public void It_is_renewed_from_when_the_report_was_sent_and_not_from_when_that_was_accepted()
    {
        Pass(6);
        var sent = Now;
        Pass(3);
        _lease.Renew(sent);
        Pass(6.9);
        Assert.Equal((true, 0), Is);
        Pass(0.1);
        Assert.Equal((false, 1), Is);
    }

    [Fact]
    public void Renewed_again_and_again_it_does_not_expire()
    {
        for (var report = 0; report < 100; report++)
        {
            Pass(9);
            _lease.Renew(Now);
            Assert.Equal((true, 0), Is);
        }

        Pass(10);
        Assert.Equal((false, 1), Is);
    }

    [Fact]
    public void A_report_that_was_accepted_when_it_was_too_old_ends_it_at_once()
    {
        var sent = Now;
        Pass(5);
        _lease.Renew(Now);
        Pass(5);
        Assert.Equal((true, 0), Is);
        _lease.Renew(sent);
        Assert.Equal((false, 1), Is);
    }

    [Fact]
    public void What_is_accepted_after_it_has_expired_does_not_give_it_back()
    {
        Pass(10);
        _lease.Renew(Now);
        Assert.Equal((false, 1), Is);
        Pass(100);
        Assert.Equal((false, 1), Is);
    }

    [Fact]
    public void On_a_host_that_was_suspended_it_does_not_hold_although_its_timer_knows_nothing_of_it()
    {
        Pass(1);
        _wall.Advance(TimeSpan.FromSeconds(8.9));
        Assert.Equal((true, 0), Is);
        _wall.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal((false, 0), Is);
        _lease.Renew(Now); // its device has accepted a report since
        Assert.Equal((true, 0), Is);
        Pass(10);
        Assert.Equal((false, 1), Is);
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_it_no_longer()
    {
        _wall.Advance(TimeSpan.FromSeconds(-3600));
        Pass(9.9);
        Assert.Equal((true, 0), Is);
        Pass(0.1);
        Assert.Equal((false, 1), Is);
    }

    [Fact]
    public void One_that_was_given_up_does_not_expire()
    {
        _lease.Dispose();
        Pass(100);
        Assert.Equal(0, _expired);
    }

    private void Pass(double seconds)
    {
        _wall.Advance(TimeSpan.FromSeconds(seconds));
        _time.Advance(TimeSpan.FromSeconds(seconds));
    }
}
