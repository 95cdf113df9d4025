using System.Reflection;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Client;

/// <summary>Following a campaign whose cluster does not always answer. The test moves the time.</summary>
public sealed class GrainFleetTests : IAsyncDisposable
{
    private readonly HandTime _time = new();
    private readonly IGrainFactory _grains = DispatchProxy.Create<IGrainFactory, Cluster>();
    private readonly GrainFleet _fleet;
    private CampaignOutcome _outcome;
    private Func<Exception?> _failure = static () => null;
    private int _asked;

    public GrainFleetTests()
    {
        var campaign = DispatchProxy.Create<ICampaignGrain, Cluster>();
        ((Cluster)(object)campaign).Answer = (_, _) => AnswerAsync();
        ((Cluster)(object)_grains).Answer = (_, _) => campaign;
        _fleet = new(_grains, _time, TimeSpan.FromSeconds(0.5));
    }

    public static TheoryData<Exception> Outages => new()
    {
        new OrleansException("no silo"),
        new TimeoutException(),
        new OperationCanceledException("a silo that stops cancels what it does"),
        new Orleans.Runtime.Messaging.ConnectionFailedException("refused"),
        new DfuException(DfuError.DatabaseUnavailable, "gone"),
    };

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    private Task<CampaignChanges> AnswerAsync()
    {
        Interlocked.Increment(ref _asked);
        if (_failure() is { } failure) return Task.FromException<CampaignChanges>(failure);
        return Task.FromResult(new CampaignChanges
        {
            Cursor = new(Guid.Empty, 1, 1),
            Devices = "[]"u8.ToArray(),
            Frame = FleetJson.WriteBytes(new CampaignFrame { Id = "x", PackageId = "p", At = _time.GetUtcNow(), Outcome = _outcome }),
        });
    }

    /// <summary>Lets time pass, a poll at a time; each has been made, when this returns.</summary>
    private async Task PassAsync(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.5)
        {
            await UntilAsync(() => _time.Armed == 1);
            var asked = Volatile.Read(ref _asked);
            _time.Advance(TimeSpan.FromSeconds(0.5));
            await UntilAsync(() => Volatile.Read(ref _asked) > asked);
        }

        static async Task UntilAsync(Func<bool> holds)
        {
            for (var turns = 0; !holds(); turns++)
            {
                Assert.True(turns < 10_000_000, "the campaign is not asked");
                await Task.Yield();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task An_outage_is_waited_out_and_shown_with_its_age(Exception outage)
    {
        await _fleet.FollowAsync("x", CancellationToken.None);
        var over = _fleet.WaitAsync(CancellationToken.None);
        _failure = () => outage;
        await PassAsync(4);
        Assert.Null(_fleet.Snapshot().NoAnswerFor);
        await PassAsync(8);
        Assert.Equal(TimeSpan.FromSeconds(12), _fleet.Snapshot().NoAnswerFor);
        Assert.False(over.IsCompleted);
        (_failure, _outcome) = (static () => null, CampaignOutcome.Succeeded);
        await PassAsync(0.5);
        Assert.Equal((CampaignOutcome.Succeeded, null), ((await over.Soon()).Outcome, _fleet.Snapshot().NoAnswerFor));
    }

    [Fact]
    public async Task Anything_else_ends_the_wait_with_its_reason()
    {
        await _fleet.FollowAsync("x", CancellationToken.None);
        var reason = new InvalidOperationException("broken");
        _failure = () => reason;
        await PassAsync(0.5);
        Assert.Same(reason, await Assert.ThrowsAsync<InvalidOperationException>(() => _fleet.WaitAsync(CancellationToken.None).Soon()));
    }

    [Fact]
    public async Task A_campaign_that_was_deleted_ends_the_wait()
    {
        await _fleet.FollowAsync("x", CancellationToken.None);
        _failure = static () => new KeyNotFoundException();
        await PassAsync(0.5);
        var refusal = await Assert.ThrowsAsync<DfuException>(() => _fleet.WaitAsync(CancellationToken.None).Soon());
        Assert.Equal((DfuError.NotFound, "there is no campaign x"), (refusal.Error, refusal.Message));
    }

    /// <summary>Grains that answer as a test says.</summary>
    public class Cluster : DispatchProxy
    {
        public Func<MethodInfo, object?[]?, object?> Answer { get; set; } = static (_, _) => null;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer(targetMethod!, args);
    }
}
