using System.Collections.Immutable;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Tests.Turns;
using Dfu.Protocol.Links;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>The reminder of a campaign rings when its last activation has ended before all was done.</summary>
public sealed class CampaignReminderTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private readonly VirtualTime _time = new();
    private readonly World _world = new();

    [Fact]
    public void One_that_is_over_tells_the_directory_and_rings_no_more_when_that_knows() => _time.Run(async () =>
    {
        _world.Stored = Apply(New(1), Ended(1)) with { News = [] };
        var campaign = await ActivateAsync();
        await Task.Delay(Long, _time);
        Assert.Equal((0, 0), (_world.Told, _world.Dropped));

        campaign.Reminded();
        Assert.Equal((1, 0), (_world.Kept, _world.Dropped));
        await Task.Delay(Long, _time);
        Assert.Equal((1, 1), (_world.Told, _world.Dropped));
    });

    [Fact]
    public void It_is_told_until_the_directory_answers_and_once_at_a_time_however_often_the_reminder_rings() => _time.Run(async () =>
    {
        _world.Stored = Apply(New(1), Ended(1)) with { News = [] };
        _world.Answer = new();
        var campaign = await ActivateAsync();
        for (var rings = 0; rings < 3; rings++)
        {
            campaign.Reminded();
            await Task.Delay(Long, _time);
        }

        Assert.Equal((1, 0), (_world.Told, _world.Dropped));
        _world.Answer.SetException(new TimeoutException("nobody answers"));
        _world.Answer = null;
        await Task.Delay(Long, _time);
        Assert.Equal((2, 1), (_world.Told, _world.Dropped));
    });

    [Fact]
    public void One_that_is_not_there_rings_no_more() => _time.Run(async () =>
    {
        var campaign = await ActivateAsync();
        campaign.Reminded();
        Assert.Equal((0, 1), (_world.Told, _world.Dropped));
    });

    private async Task<CampaignActivation> ActivateAsync()
    {
        var activation = new BareActivation(_time, _world);
        var campaign = new CampaignActivation("c", activation, new(_world, new Nothing(), new Nothing()), _world);
        activation.Turn = campaign.TakeTurnAsync;
        await campaign.BeginAsync();
        return campaign;
    }

    /// <summary>What is stored of the campaign, the directory, and the reminder.</summary>
    private sealed class World : IPeers, IDirectoryPeer, IDocument, ICampaignReminder
    {
        public CampaignState? Stored { get; set; }

        /// <summary>What the directory answers with; null for at once.</summary>
        public TaskCompletionSource? Answer { get; set; }

        public int Told { get; private set; }

        public int Kept { get; private set; }
        public int Dropped { get; private set; }

        public IDirectoryPeer Directory => this;

        public IAuditPeer? Audit => null;

        public ISchedulerPeer Scheduler => throw new NotSupportedException();

        public Task FinishedAsync(string campaign, ImmutableHashSet<string> overtook, bool told)
        {
            Assert.Equal(("c", true), (campaign, told));
            Told++;
            return Answer?.Task ?? Task.CompletedTask;
        }

        public Task<string> ReadAsync() => Task.FromResult(Stored is null ? "" : FleetJson.Write(Stored));

        public Task WriteAsync(string json) => throw new NotSupportedException();

        public Task ClearAsync() => throw new NotSupportedException();

        public void Keep() => Kept++;

        public void Drop() => Dropped++;

        public Task<string> ReopenAsync(string campaign, ImmutableArray<BluetoothAddress> devices) => throw new NotSupportedException();

        public Task KeepClassAsync(ClassState learned) => throw new NotSupportedException();

        public IDevicePeer Device(BluetoothAddress id) => throw new NotSupportedException();

        public ICampaignPeer Campaign(string id) => throw new NotSupportedException();

        public IAdapterPeer Adapter(string id) => throw new NotSupportedException();

        public IPackagePeer Package(string id) => throw new NotSupportedException();
    }

    private sealed class Nothing : IDocument
    {
        public Task<string> ReadAsync() => Task.FromResult("");

        public Task WriteAsync(string json) => throw new NotSupportedException();

        public Task ClearAsync() => throw new NotSupportedException();
    }
}
