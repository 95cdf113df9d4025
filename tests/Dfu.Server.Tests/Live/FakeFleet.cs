using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Grains;

namespace Dfu.Server.Tests.Live;

/// <summary>Grains of a fleet whose campaigns a test makes; calls are counted.</summary>
internal sealed class FakeFleet
{
    private readonly ConcurrentDictionary<string, FakeCampaign> _campaigns = [];
    private readonly DirectoryLog _log = new();
    private readonly Guid _epoch = Guid.NewGuid();
    private ImmutableArray<DirectoryEntry> _entries = [];

    public FakeFleet()
    {
        Grains = Answering<IGrainFactory>((method, args) =>
        {
            var grain = method.GetGenericArguments().Single();
            if (grain == typeof(IFleetGrain)) return Answering<IFleetGrain>((_, call) => ChangesAsync((DirectoryCursor)call![0]!));
            if (grain == typeof(ISchedulerGrain)) return Answering<ISchedulerGrain>((_, _) => LiveAsync());
            return _campaigns.TryGetValue((string)args![0]!, out var campaign)
                ? Answering<ICampaignGrain>((call, given) => call.Name switch
                {
                    nameof(ICampaignGrain.ChangesAsync) => campaign.ChangesAsync((CampaignCursor)given![0]!, (TimeSpan)given[1]!),
                    nameof(ICampaignGrain.StandingAsync) => campaign.StandingAsync(),
                    nameof(ICampaignGrain.IsOverAsync) => campaign.IsOverAsync(),
                    _ => throw new NotSupportedException(call.Name),
                })
                : Answering<ICampaignGrain>(static (call, _) => call.Name switch
                {
                    nameof(ICampaignGrain.ChangesAsync) => Task.FromException<CampaignChanges>(new KeyNotFoundException()),
                    nameof(ICampaignGrain.StandingAsync) => Task.FromException<CampaignStanding>(new KeyNotFoundException()),
                    _ => throw new NotSupportedException(call.Name),
                });
        });
    }

    public IGrainFactory Grains { get; }

    public ImmutableArray<AdapterView> Adapters { get; set; } = [];

    /// <summary>Readings of the directory, and of the adapters.</summary>
    public int DirectoryReads { get; private set; }

    /// <summary>What calls to the directory and to adapters end in; null answers.</summary>
    public Func<Exception>? Failure { get; set; }

    public int Standings => _campaigns.Values.Sum(static campaign => campaign.Standings);

    public FakeCampaign Add(FakeCampaign campaign)
    {
        _campaigns[campaign.State.Id] = campaign;
        Enter(campaign);
        return campaign;
    }

    /// <summary>The directory has it as it is now.</summary>
    public void Enter(FakeCampaign campaign)
    {
        var entry = new DirectoryEntry(campaign.State.Id, "p", "", campaign.State.CreatedAt, campaign.Entry.Finished, Superseded: false);
        _entries = [.. _entries.Where(known => known.Campaign != entry.Campaign), entry];
        lock (_log) _log.Take(new() { Campaigns = _entries });
    }

    public void Delete(string campaign)
    {
        _campaigns.TryRemove(campaign, out _);
        _entries = [.. _entries.Where(known => known.Campaign != campaign)];
        lock (_log) _log.Take(new() { Campaigns = _entries });
    }

    public static T Answering<T>(Func<MethodInfo, object?[]?, object?> answer)
        where T : class
    {
        var grain = DispatchProxy.Create<T, StandIn>();
        ((StandIn)(object)grain).Answer = answer;
        return grain;
    }

    private Task<DirectoryChanges> ChangesAsync(DirectoryCursor since)
    {
        DirectoryReads++;
        if (Failure is { } failure) return Task.FromException<DirectoryChanges>(failure());
        lock (_log)
        {
            var (entries, deleted) = _log.Since(since.Epoch == _epoch ? since.Change : 0);
            return Task.FromResult(new DirectoryChanges { Cursor = new(_epoch, _log.Last), Entries = entries, Deleted = deleted });
        }
    }

    private Task<LiveReport> LiveAsync() =>
        Failure is { } failure ? Task.FromException<LiveReport>(failure()) : Task.FromResult(new LiveReport { Adapters = Adapters });
}

/// <summary>A grain that does what a test says.</summary>
public class StandIn : DispatchProxy
{
    public Func<MethodInfo, object?[]?, object?> Answer { get; set; } = static (_, _) => null;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer(targetMethod!, args);
}
