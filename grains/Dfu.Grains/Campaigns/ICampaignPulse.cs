namespace Dfu.Grains.Campaigns;

/// <summary>A campaign's calls to itself.</summary>
[Alias("dfu.campaign-pulse")]
internal interface ICampaignPulse : IGrainWithStringKey
{
    [Alias("Pulse")]
    Task PulseAsync();
}
