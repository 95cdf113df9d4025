using Dfu.Fleet;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Fleet.Shells.Audit;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Shells.Devices;
using Dfu.Fleet.Shells.Directory;
using Dfu.Fleet.Shells.Packages;
using Dfu.Fleet.Shells.Scheduling;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Dfu.Simulation.Messages;
using Dfu.Simulation.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dfu.Simulation.Hosts;

/// <summary>One activation in one process, carrying the very class that a grain carries.</summary>
internal sealed class Actor(ActorName id, HostProcess process) : IActivation
{
    private readonly TaskCompletionSource<object> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _leaving;
    private Task _last = Task.CompletedTask;

    public ActorName Id => id;

    public HostProcess Process => process;

    /// <summary>What it carries, as soon as its documents are read; fails when they cannot be.</summary>
    public Task<object> Ready => _ready.Task;

    /// <summary>Set when it takes no more calls: completes when its successor may begin.</summary>
    public Task? Leaving => _leaving;

    string IActivation.Name => id.Key;

    public FleetHost Host => process.Fleet;

    public IPeers Peers => process.Peers;

    public ILogger Log => NullLogger.Instance;

    public ILogger Updates => NullLogger.Instance;

    public void Enter(Func<Task> work) => process.Post(() => Background.Run("take a turn", work()));

    public Task TurnAsync() => Post.CallSelfAsync(this);

    public void End(string reason) => process.Post(() => Leave());

    /// <summary>Calls it; one call at a time where its grain takes them so.</summary>
    public Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        if (id.Kind is not (ActorKind.Audit or ActorKind.Package)) return call();
        var answer = AfterAsync(_last, call);
        _last = answer;
        return answer;
    }

    public void Begin() => Background.Run("begin an activation", BeginAsync());

    /// <summary>Ends it in good order.</summary>
    public Task Leave() => _leaving ??= LeaveAsync();

    public Task TakeTurnAsync() => _ready.Task.Result switch
    {
        DeviceActivation device => device.TakeTurnAsync(),
        CampaignActivation campaign => campaign.TakeTurnAsync(),
        DirectoryActivation directory => directory.TakeTurnAsync(),
        _ => Task.CompletedTask,
    };

    private static async Task<T> AfterAsync<T>(Task before, Func<Task<T>> call)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return await call();
    }

    private async Task BeginAsync()
    {
        try
        {
            _ready.TrySetResult(await MakeAsync());
        }
        catch (Exception e)
        {
            process.Remove(this);
            _ready.TrySetException(e);
            _ = _ready.Task.Exception;
        }
    }

    private async Task<object> MakeAsync()
    {
        switch (id.Kind)
        {
            case ActorKind.Device:
                return await DeviceActivation.BeginAsync(BluetoothAddress.Parse(id.Key), this, Document("device"), Document("history"));
            case ActorKind.Campaign:
                var documents = new CampaignDocuments(Document("campaign"), Document("summary"), Document("labels"));
                var campaign = new CampaignActivation(id.Key, this, documents, new Reminder(process.Cluster, id.Key));
                await campaign.BeginAsync();
                return campaign;
            case ActorKind.Directory:
                var directory = new DirectoryActivation(this, Document("fleet"));
                await directory.BeginAsync();
                return directory;
            case ActorKind.Adapter:
                var adapter = new AdapterActivation(id.Key, this, Document("adapter"), process.Guard, process.Shelf);
                await adapter.BeginAsync();
                return adapter;
            case ActorKind.Audit:
                var audit = new AuditActivation(this, Document("audit"), new SimulatedDocuments(process, "audit-page"));
                await audit.BeginAsync();
                return audit;
            case ActorKind.Package:
                var file = new SimulatedFile(new(process, PackageStore.KeyOf(id.Key)));
                return new PackageActivation(id.Key, this, file, Document("package-change"), static _ => Task.CompletedTask);
            default:
                var scheduler = new SchedulerActivation(this);
                scheduler.Begin();
                return scheduler;
        }
    }

    private SimulatedDocument Document(string name) => new(process, $"{name}/{id.Key}");

    private async Task LeaveAsync()
    {
        try
        {
            await (await _ready.Task switch
            {
                DeviceActivation device => device.LeaveAsync(),
                CampaignActivation campaign => campaign.LeaveAsync(),
                AdapterActivation adapter => adapter.StopAsync(),
                DirectoryActivation directory => Left(directory.Leave),
                AuditActivation audit => Left(audit.Leave),
                SchedulerActivation scheduler => Left(scheduler.Dispose),
                _ => Task.CompletedTask,
            });
        }
        catch (Exception)
        {
            // One that could not begin, or not end well, makes room all the same.
        }

        process.Remove(this);
    }

    private static Task Left(Action leave)
    {
        leave();
        return Task.CompletedTask;
    }

    private sealed class Reminder(Cluster cluster, string campaign) : ICampaignReminder
    {
        public void Keep() => cluster.Reminders.Add(campaign);

        public void Drop() => cluster.Reminders.Remove(campaign);
    }
}
