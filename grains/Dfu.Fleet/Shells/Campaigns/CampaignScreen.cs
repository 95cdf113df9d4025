using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>Puts together what followers of a campaign get, when somebody looks.</summary>
internal sealed class CampaignScreen(
    TimeProvider time, string campaign, CampaignDevices devices, CampaignCalls calls, CampaignFetch fetch, SummaryStore summary, LabelStore labels)
{
    private readonly CampaignFrames _frames = new(time);
    private Task? _framing;

    /// <summary>An earlier run of it is gone on with.</summary>
    public bool GoesOn { get; set; }

    /// <summary>Under which names others than its devices were heard, for people.</summary>
    public string Bystanders { get; private set; } = "";

    /// <summary>Something changed that followers are to see at once.</summary>
    public void Outdate() => _frames.Outdate();

    /// <param name="core">The campaign, whenever it is asked for.</param>
    public async Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld, Func<CampaignCore> core)
    {
        if (!_frames.IsFresh(atMostOld)) await (_framing is { IsCompleted: false } ? _framing : _framing = MakeAsync(core));
        return _frames.Since(since);
    }

    private async Task MakeAsync(Func<CampaignCore> core)
    {
        var signals = _frames.SignalsDue;
        var live = await calls.LiveAsync(campaign, signals);
        if (live.Bystanders.Length > 0) Bystanders = live.Bystanders;
        if (summary.IsUnknown) await fetch.DoneAsync(core());
        var shown = core().Shown;
        _frames.Make(shown, devices, summary.Of(shown), live, signals, GoesOn, labels);
    }
}
