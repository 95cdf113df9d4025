using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>What operators want of a campaign.</summary>
internal sealed partial class CampaignActivation
{
    /// <summary>Controls that have it go on although it is over.</summary>
    private int _reopening;

    public Task CancelAsync() => CommitAsync(new CampaignEvent.CancelRequested(Core().State.Run));

    public async Task<ControlAnswer> ControlAsync(CampaignControl asked)
    {
        var control = asked with { Devices = await NamedAsync(asked.Devices) };
        return CampaignControls.Judge(Core().State, control, Wall).Changes && _core!.State.Stage == CampaignStage.Finished
            ? await ReopenAsync(control)
            : await CarryOutAsync(control);
    }

    private async Task<ControlAnswer> CarryOutAsync(CampaignControl control)
    {
        var verdict = CampaignControls.Judge(Core().State, control, Wall);
        if (verdict.Changes) await CommitAsync(new CampaignEvent.Controlled(_core!.State.Changes + 1, control, Now));
        else if (!ReferenceEquals(_core!.State, _core.Saved)) await _save.SaveAsync(TimeSpan.Zero);
        return verdict.Refused ? ControlAnswer.Refused(verdict.Detail) : ControlAnswer.Done(verdict.Detail);
    }

    /// <summary>A campaign that is over goes on only with the directory's consent, and does not count as over meanwhile.</summary>
    private async Task<ControlAnswer> ReopenAsync(CampaignControl control)
    {
        _reopening++;
        try
        {
            return await _calls.ReopenAsync(_core!.State) is { Length: > 0 } refusal ? ControlAnswer.Refused(refusal) : await CarryOutAsync(control);
        }
        finally
        {
            _reopening--;
            if (_core is not null && IsOver) TellThatItIsOver();
        }
    }

    /// <summary>As the campaign names them; strangers as they are.</summary>
    private async Task<ImmutableArray<BluetoothAddress>> NamedAsync(ImmutableArray<BluetoothAddress> devices)
    {
        if (devices.All(Core().State.Devices.Contains)) return devices;
        await _fetch.DoneAsync(Core());
        var shown = _summary.Of(Core().State);
        return [.. devices.Select(address => _devices.Named(_core!.State, shown, address) ?? address)];
    }
}
