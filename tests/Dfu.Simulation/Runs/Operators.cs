using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Shells.Directory;
using Dfu.Fleet.Shells.Packages;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Invariants;

namespace Dfu.Simulation.Runs;

/// <summary>People outside the cluster who order campaigns and control them, each one thing, and who ask until somebody answers.</summary>
internal sealed class Operators(Cluster cluster, SeedPlan plan, Promises promises)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private int _count;
    private int _asking;

    /// <summary>The campaign that was acknowledged last; null before there is one.</summary>
    public string? Campaign { get; private set; }

    /// <summary>What is sent by it.</summary>
    public DfuPackage Ordered { get; private set; } = plan.Packages[0];

    /// <summary>Somebody has no answer yet.</summary>
    public bool AreWaiting => _asking > 0;

    /// <summary>Orders a package, which nobody may have brought yet, for all devices of the plan.</summary>
    /// <param name="restart">In place of what is ordered already.</param>
    public async Task OrderAsync(DfuPackage package, bool restart)
    {
        var file = plan.Files[plan.Packages.IndexOf(package)];
        var by = $"operator {++_count}";
        var brought = promises.Wish($"{by}, who brings it", isKeyed: true);
        await AskAsync<PackageActivation, PackageAnswer>(new(ActorKind.Package, package.Id), store =>
        {
            brought.Arrived++;
            return store.PutAsync(file, brought.By);
        });
        var wish = promises.Wish(by, isKeyed: true);
        var goesOnWith = !restart && package == Ordered && promises.MayGoOn(Campaign) ? Campaign : null;
        var order = CampaignOrder.Of(new()
        {
            Package = package,
            Restart = restart,
            Targets = plan.All
                ? new() { All = true, Count = plan.Devices.Length }
                : new() { Addresses = [.. plan.Devices.Select(static device => device.ApplicationAddress)] },
            Limits = plan.Limits,
            Plan = plan.Campaign,
            By = by,
            Key = $"key of {by}",
            Content = package.Id,
        });
        var ticket = await AskAsync<DirectoryActivation, CampaignTicket>(new(ActorKind.Directory, ""), directory =>
        {
            wish.Arrived++;
            return TakenAsync(directory.StartAsync(order));
        });
        (Campaign, Ordered) = (ticket.Campaign, package);
        promises.Acknowledged(wish, order.Key, ticket, goesOn: ticket.Campaign == goesOnWith);
    }

    public Task ControlAsync(CampaignControlKind kind, bool cut = false) => Campaign is { } campaign ? ControlAsync(campaign, kind, cut) : Task.CompletedTask;

    public async Task ControlAsync(string campaign, CampaignControlKind kind, bool cut = false)
    {
        var wish = promises.Wish($"operator {++_count}", isKeyed: false);
        var control = new CampaignControl(kind, wish.By) { Cut = cut };
        var answer = await AskAsync<CampaignActivation, ControlAnswer>(new(ActorKind.Campaign, campaign), activation =>
        {
            wish.Arrived++;
            return activation.ControlAsync(control);
        });
        promises.Acknowledged(wish, campaign, control, answer);
    }

    /// <summary>One that is refused is asked for again: another campaign is in its way yet.</summary>
    private static async Task<CampaignTicket> TakenAsync(Task<CampaignTicket> asked)
    {
        var ticket = await asked;
        return ticket.Refusal == DfuError.None ? ticket : throw new DfuException(ticket.Refusal, ticket.Detail);
    }

    private async Task<T> AskAsync<TActor, T>(ActorName name, Func<TActor, Task<T>> call)
        where TActor : class
    {
        _asking++;
        try
        {
            while (true)
            {
                try
                {
                    return await cluster.CallAsync(name, call);
                }
                catch (Exception)
                {
                    await Task.Delay(Again, cluster.Time);
                }
            }
        }
        finally
        {
            _asking--;
        }
    }
}
