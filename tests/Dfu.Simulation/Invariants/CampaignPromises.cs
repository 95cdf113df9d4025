using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>A campaign forgets neither outcomes nor what operators wanted of it, and begins nothing while it is held.</summary>
internal sealed class CampaignPromises(Cluster cluster, Stored stored)
{
    /// <summary>Who plans hears of a hold within this time where nothing keeps it from hearing.</summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, TimeSpan> _stoppedSince = [];

    public void Written(CampaignState? before, CampaignState now)
    {
        if (before is not null) Compare(before, now);
        CheckWishes(now);
        CheckErrors(now);
        if (!now.IsHeld && !now.IsClosing) _stoppedSince.Remove(now.Id);
        else _stoppedSince.TryAdd(now.Id, cluster.Time.Elapsed);
    }

    /// <summary>A campaign has acknowledged a device's outcome.</summary>
    public void Acknowledged(string campaign, DeviceState device)
    {
        if (stored.Campaigns.GetValueOrDefault(campaign) is not { } state) return;
        if (state.Devices.Contains(device.Id) && !state.Results.ContainsKey(device.Id) && state.Retrying.GetValueOrDefault(device.Id) <= device.Run)
            cluster.Violate($"{campaign} acknowledged that {device.Id} ended, and has not stored it");
    }

    /// <summary>An attempt on a device of the campaign begins.</summary>
    public void Begins(string campaign, BluetoothAddress device)
    {
        if (!_stoppedSince.TryGetValue(campaign, out var since)) return;
        var known = since > cluster.DisturbedUntil ? since : cluster.DisturbedUntil;
        if (cluster.Time.Elapsed - known > HeardWithin)
            cluster.Violate($"an attempt on {device} begins, and {campaign} is paused or being cancelled since {since.TotalSeconds:0.000} s");
    }

    public void Check(IEnumerable<string> ordered)
    {
        foreach (var id in ordered)
        {
            if (!stored.Campaigns.TryGetValue(id, out var state)) cluster.Violate($"{id} was acknowledged and is gone");
            else if (state.Stage != CampaignStage.Finished) cluster.Violate($"{id} has not ended: {Waits(state)}");
        }

        foreach (var record in stored.Devices.Values) CheckEnd(record);
    }

    private void Compare(CampaignState before, CampaignState now)
    {
        if (now.Run < before.Run) cluster.Violate($"{now.Id} went back from run {before.Run} to {now.Run}");
        foreach (var (device, result) in before.Results)
        {
            if (now.Results.GetValueOrDefault(device) == result || now.Gone.Contains(device) || now.Retrying.ContainsKey(device)) continue;
            cluster.Violate($"{now.Id} forgot that {device} was {result.Outcome}");
        }

        if (before.Stage == CampaignStage.Finished && now.Stage != CampaignStage.Finished && now.Run == before.Run)
            cluster.Violate($"{now.Id} was over and goes on, although nobody asked for it again");
    }

    /// <summary>What its story says is so: a pause lasts until somebody resumes it or it is over, whoever takes the campaign up meanwhile.</summary>
    private void CheckWishes(CampaignState now)
    {
        var (paused, cancelled) = (false, false);
        foreach (var entry in stored.StoryOf(now.Id))
        {
            paused = entry.Action is "campaignPaused" || (paused && entry.Action is not ("campaignResumed" or "campaignEnded"));
            cancelled = entry.Action is "campaignCancelled" or "campaignStopped"
                || (cancelled && entry.Action is not ("devicesRetried" or "devicesRestarted" or "campaignContinued" or "campaignEnded"));
        }

        if (now.IsHeldFor(HoldReason.Paused) != paused)
            cluster.Violate($"{now.Id} is {(paused ? "not paused, although somebody paused it" : "paused by nobody")}");
        if (cancelled && !now.IsClosing) cluster.Violate($"{now.Id} was cancelled and goes on");
    }

    /// <summary>Too many failures stop a campaign that is not over.</summary>
    private void CheckErrors(CampaignState now)
    {
        if (now.Plan.Errors?.Count is not { } most || now.Stage == CampaignStage.Finished || now.IsClosing || now.Results.Count == now.Devices.Length) return;
        var failed = now.Results.Count(result => result.Value.Outcome == DeviceOutcome.Failed && !now.Forgiven.Contains(result.Key));
        if (failed >= most && !now.IsHeldFor(HoldReason.Failures)) cluster.Violate($"{now.Id} goes on after {failed} failures");
    }

    /// <summary>A device and its campaign agree about how it ended.</summary>
    private void CheckEnd(DeviceRecord record)
    {
        if (!stored.Campaigns.TryGetValue(record.Campaign, out var campaign) || !campaign.Devices.Contains(record.Device.Id)) return;
        if (campaign.Results.GetValueOrDefault(record.Device.Id)?.Outcome is not { } told || record.Device.Phase != DevicePhase.Done) return;
        if (told != record.Device.Outcome) cluster.Violate($"{record.Device.Id} is {record.Device.Outcome}, and {campaign.Id} believes {told}");
    }

    private string Waits(CampaignState state)
    {
        var open = state.Devices.Where(device => !state.Results.ContainsKey(device)).Select(device => stored.Devices.TryGetValue(device, out var record)
            ? $"{device} {record.Device.Phase} attempt {record.Device.Attempt}"
            : $"{device} unknown");
        return $"{state.Stage}, {string.Join(", ", open)}, {string.Join(", ", state.Holds.Select(static hold => hold.Detail))}";
    }
}
