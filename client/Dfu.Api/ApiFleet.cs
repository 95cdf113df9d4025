using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Api;

/// <param name="Version">Of the server.</param>
/// <param name="Member">The member that answers; each has a name of its own.</param>
/// <param name="Cluster">False for a server alone.</param>
/// <param name="SignedOnly">Packages are taken only when they are signed for the server's key.</param>
/// <param name="MaxUploadBytes">Largest package file that is taken.</param>
public sealed record ApiAbout(string Version, string Member, bool Cluster, bool SignedOnly, long MaxUploadBytes);

/// <summary>A device over all its campaigns.</summary>
/// <param name="View">As it stands in the campaign it is, or was last, part of.</param>
/// <param name="Campaign">That campaign; null when it is deleted.</param>
/// <param name="Class">What is known of its class of bootloaders; null when nothing is.</param>
/// <param name="Advice">The one thing to change about it, one sentence; null when nothing stands out.</param>
public sealed record ApiDevice(FleetDevice Device, DeviceView? View, CampaignEntry? Campaign, ClassState? Class, string? Advice);

/// <param name="View">As the list has it.</param>
/// <param name="State">Everything decided and known about it.</param>
public sealed record ApiAdapter(AdapterView View, AdapterState State);

/// <summary>What is wanted of an adapter.</summary>
public sealed record ApiAdapterControl(AdapterControlKind Kind);
