using System.Globalization;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Invariants;

/// <summary>The audit has every change once, and loses none: whatever was acknowledged is in it, with who wanted it.</summary>
internal sealed class AuditPromises(Cluster cluster, Stored stored)
{
    private readonly Dictionary<string, AuditPage> _pages = [];
    private HashSet<string> _ids = [];

    public void Written(string page, AuditPage written) => _pages[page] = written;

    public void Written(AuditHead head)
    {
        var trail = head.Entries.AsEnumerable();
        for (var page = head.Last; page is not null; page = _pages[page].Previous) trail = _pages[page].Entries.Concat(trail);
        var now = trail.ToArray();
        if (!now.Take(stored.Trail.Count).SequenceEqual(stored.Trail)) cluster.Violate("the audit lost or changed what it had");
        stored.Trail = now;
        _ids = [.. now.Select(static entry => entry.Id)];
        if (_ids.Count < now.Length) cluster.Violate($"the audit has {now.GroupBy(static entry => entry.Id).First(static same => same.Count() > 1).Key} twice");
    }

    /// <summary>A campaign keeps what it changed until the audit has it.</summary>
    public void Written(CampaignState? before, CampaignState now)
    {
        for (var i = 0; i < now.News.Length; i++)
        {
            if (now.News[i].Id != IdOf(now, now.Changes - now.News.Length + i + 1)) cluster.Violate($"{now.Id} has {now.News[i].Id} among its last changes");
        }

        if (now.Changes < before?.Changes) cluster.Violate($"{now.Id} had {before.Changes} changes and has {now.Changes}");
        for (var change = (before?.Changes - before?.News.Length ?? 0) + 1; change <= now.Changes - now.News.Length; change++)
        {
            if (!_ids.Contains(IdOf(now, change))) cluster.Violate($"{now.Id} forgot its change {change}, which the audit does not have");
        }
    }

    /// <summary>Somebody was told that what he wants of a campaign is done: he did it, or it was so already.</summary>
    public void Acknowledged(Wish wish, string campaign, CampaignControlKind kind)
    {
        var story = stored.StoryOf(campaign).ToArray();
        var state = stored.Campaigns[campaign];
        var isSo = kind switch
        {
            CampaignControlKind.Pause => story.Any(static entry => entry.Action == "campaignPaused"),
            CampaignControlKind.Resume => story.Any(static entry => entry.Action == "campaignResumed"),
            CampaignControlKind.Cancel => state.CancelRequested || story.Any(static entry => entry.Action == "campaignCancelled"),
            CampaignControlKind.Retry => story.Any(static entry => entry.Action is "devicesRetried" or "campaignContinued"),
            _ => false,
        };
        if (!isSo && !story.Any(entry => entry.By == wish.By)) cluster.Violate($"{wish.By} was told {kind} of {campaign}, and nobody wrote that down");
    }

    /// <summary>Everything is over.</summary>
    public void Check(IEnumerable<Wish> wishes)
    {
        foreach (var campaign in stored.Campaigns.Values)
        {
            var told = stored.Trail.Count(entry => entry.Subject == campaign.Id);
            if (told != campaign.Changes) cluster.Violate($"{campaign.Id} changed {campaign.Changes} times, and the audit has {told} entries of it");
        }

        foreach (var wish in wishes)
        {
            var entries = stored.Trail.Count(entry => entry.By == wish.By);
            if (entries > wish.MostEntries)
                cluster.Violate($"the audit has {entries} entries of {wish.By}, who asked for one thing that arrived {wish.Arrived} times");
            if (entries == 0 && wish.MustBeWritten) cluster.Violate($"{wish.By} was told that it is done, and the audit has nothing of it");
        }
    }

    private static string IdOf(CampaignState campaign, int change) => string.Create(CultureInfo.InvariantCulture, $"{campaign.Id}/{change}");
}
