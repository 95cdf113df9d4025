using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>Asks devices that were at work before this activation for their states.</summary>
internal sealed class CampaignFetch(FleetHost host, CampaignDevices devices, CampaignCalls calls)
{
    private Task? _fetching;
    private DateTimeOffset _again;

    public void Begin(CampaignCore core) => _fetching = OwnWork.BeginAsync(() => FetchAsync(core));

    /// <summary>Waits for the states as long as that is bearable, and asks again where devices did not answer.</summary>
    public async Task DoneAsync(CampaignCore core)
    {
        if (_fetching is null or { IsCompleted: true } && !devices.Unknown(core.State).IsEmpty && host.Time.GetUtcNow() >= _again) Begin(core);
        if (_fetching is null or { IsCompleted: true }) return;
        try
        {
            await _fetching.WithinAsync(3 * host.Times.AdapterSilence, host.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // What is stored of devices that have not answered has to do.
        }
    }

    private async Task FetchAsync(CampaignCore core)
    {
        if (!await calls.FetchAsync(devices.Unknown(core.State))) _again = host.Time.GetUtcNow() + host.Times.Again;
    }
}
