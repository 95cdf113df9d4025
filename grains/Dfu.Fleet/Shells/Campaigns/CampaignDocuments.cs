using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>What a campaign stores.</summary>
/// <param name="State">A <see cref="CampaignState"/>.</param>
/// <param name="Summary">A <see cref="CampaignSummary"/>, when it is over.</param>
/// <param name="Labels">A <see cref="CampaignLabels"/>.</param>
internal sealed record CampaignDocuments(IDocument State, IDocument Summary, IDocument Labels);
