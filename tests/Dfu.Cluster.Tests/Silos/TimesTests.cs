using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Storage;
using Dfu.Silo.Serve;
using Dfu.Silo.Silos;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Dfu.Cluster.Tests.Silos;

/// <summary>Times that stand in several places and only make sense together.</summary>
public sealed class TimesTests
{
    [Fact]
    public void A_member_is_believed_dead_in_the_order_in_which_it_becomes_certain()
    {
        TimeSpan[] order =
        [
            MemberTimes.Probe * MemberTimes.ProbesMissed, // a killed member is out
            MemberTimes.LongestProbe * MemberTimes.ProbesMissed, // one that hangs is out
            MemberTimes.Silent, // those that died together count no more
            MemberTimes.Silent + PostgresArrival.Pause + PostgresArrival.Answer, // a start waits no longer for them
            MemberTimes.LongestWait, // and that is what an operator is told at most
        ];
        Assert.Equal(order.Order(), order);
        Assert.Equal(order.Distinct(), order);
    }

    [Fact]
    public void A_member_of_a_cluster_goes_by_these_times()
    {
        using var silo = LocalSilo.Build("one", builder => builder.UsePostgresCluster("Host=127.0.0.1;Database=none", StorageNames.State));
        var options = silo.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        Assert.Equal(
            (MemberTimes.Probe, MemberTimes.ProbesMissed, MemberTimes.LongestProbe, MemberTimes.TableRead),
            (options.ProbeTimeout, options.NumMissedProbesLimit, options.MaxProbeTimeout, options.TableRefreshTimeout));
        Assert.Equal(
            (MemberTimes.SignOfLife, MemberTimes.SignsMissed, MemberTimes.Join),
            (options.IAmAliveTablePublishTimeout, options.NumMissedTableIAmAliveLimit, options.MaxJoinAttemptTime));
    }

    [Fact]
    public void A_member_that_lives_shows_it_before_one_of_its_name_takes_its_place() =>
        Assert.True(MemberTimes.Silent >= 2 * MemberTimes.SignOfLife, "one sign of life may come late");

    [Fact]
    public void A_start_outlasts_the_wait_for_the_dead() =>
        Assert.True(MemberTimes.Join > MemberTimes.LongestWait + MemberTimes.TableRead && FleetServer.LongStart < MemberTimes.LongestWait);

    [Fact]
    public void Adapters_have_longer_to_end_their_attempts_than_the_silo_to_leave_and_a_broken_one_waits_for_nothing() => Assert.True(
        FleetSilo.AdapterStopTimeout > FleetSilo.SiloStopTimeout && FleetSilo.SiloStopTimeout > FleetSilo.BrokenStopTimeout);
}
