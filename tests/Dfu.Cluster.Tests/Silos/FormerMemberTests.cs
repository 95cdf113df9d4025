using System.Net;
using System.Net.Sockets;
using Dfu.Cluster.Tests.Support;
using Dfu.Protocol.Errors;
using Dfu.Silo.Serve;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;

namespace Dfu.Cluster.Tests.Silos;

public sealed class FormerMemberTests : IDisposable
{
    private static readonly DateTime Begin = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly TcpListener _there = new(IPAddress.Loopback, 0);
    private readonly List<string> _said = [];
    private readonly LineLog _log;

    public FormerMemberTests()
    {
        _log = new(_said.Add, LogLevel.Warning, TimeProvider.System);
        _there.Start();
    }

    public void Dispose()
    {
        _there.Dispose();
        _log.Dispose();
    }

    private IPEndPoint There => (IPEndPoint)_there.LocalEndpoint;

    /// <summary>Of the member's host, against the clock of the one that starts.</summary>
    [Theory]
    [InlineData(-86_400)]
    [InlineData(-120)]
    [InlineData(0)]
    [InlineData(3600)]
    public async Task A_member_that_lives_keeps_its_name_whatever_the_clocks_say(int clock)
    {
        var table = new OneMember(There, Begin.AddSeconds(clock)) { Lives = true };
        var refusal = await Assert.ThrowsAsync<DfuException>(() => BuryAsync(table, new(IPAddress.Loopback, 1)).Soon());
        Assert.Equal(DfuError.MemberInUse, refusal.Error);
        Assert.Equal(SiloStatus.Active, table.Status);
    }

    [Fact]
    public async Task A_member_nobody_answers_for_is_struck_out()
    {
        _there.Stop();
        var table = new OneMember(There, Begin);
        await BuryAsync(table, new(IPAddress.Loopback, 1)).Soon();
        Assert.Equal((SiloStatus.Dead, 0), (table.Status, _said.Count));
    }

    [Fact]
    public async Task A_member_whose_port_another_program_has_now_is_struck_out_when_it_shows_no_sign_of_life()
    {
        var table = new OneMember(There, Begin);
        await BuryAsync(table, new(IPAddress.Loopback, 1)).Soon();
        Assert.Equal(SiloStatus.Dead, table.Status);
        Assert.Contains($"{There}", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_had_the_very_port_that_is_held_now_is_gone()
    {
        var table = new OneMember(There, Begin) { Lives = true };
        await BuryAsync(table, There).Soon();
        Assert.Equal((SiloStatus.Dead, 0), (table.Status, _said.Count));
    }

    private Task BuryAsync(OneMember table, IPEndPoint own) =>
        new FormerMember(table, own, _log.Host, new QuickTime(new DateTimeOffset(Begin))).BuryAsync("only", CancellationToken.None);

    /// <summary>Waits take no time, and time goes on by as much.</summary>
    private sealed class QuickTime(DateTimeOffset begin) : TimeProvider
    {
        private TimeSpan _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => begin + _passed;

        public override long GetTimestamp() => _passed.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.FromSeconds(1)) return System.CreateTimer(callback, state, dueTime, period); // a time limit on real sockets
            _passed += dueTime;
            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class OneMember(IPEndPoint endpoint, DateTime alive) : IMembershipTable
    {
        private readonly SiloAddress _address = SiloAddress.New(endpoint, 1);
        private int _reads;

        /// <summary>Writes a sign of life after a while.</summary>
        public bool Lives { get; init; }

        public SiloStatus Status { get; private set; } = SiloStatus.Active;

        public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) => Task.FromResult(Data());

        public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken)
        {
            _reads++;
            return Task.FromResult(Data());
        }

        public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken)
        {
            Status = entry.Status;
            return Task.FromResult(true);
        }

        public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task InitializeMembershipTable(bool tryInitTableVersion) => throw new NotSupportedException();

        public Task DeleteMembershipTableEntries(string clusterId) => throw new NotSupportedException();

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => throw new NotSupportedException();

        public Task<MembershipTableData> ReadRow(SiloAddress key) => throw new NotSupportedException();

        public Task<MembershipTableData> ReadAll() => throw new NotSupportedException();

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => throw new NotSupportedException();

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => throw new NotSupportedException();

        public Task UpdateIAmAlive(MembershipEntry entry) => throw new NotSupportedException();

        private MembershipTableData Data() => new(
            Tuple.Create(
                new MembershipEntry
                {
                    SiloAddress = _address,
                    SiloName = "only",
                    HostName = "host",
                    Status = Status,
                    StartTime = alive,
                    IAmAliveTime = Lives && _reads > 3 ? alive.AddSeconds(3) : alive,
                },
                "1"),
            new TableVersion(1, "1"));
    }
}
