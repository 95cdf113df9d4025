using Dfu.Fleet.Peers;
using Orleans.Placement;

namespace Dfu.Grains.Placement;

/// <summary>The grain runs on the silo that the first part of its key names (see <see cref="AdapterId"/>), and nowhere else.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnOwnSiloAttribute() : PlacementAttribute(new OnOwnSilo());

[GenerateSerializer, Immutable]
internal sealed class OnOwnSilo : PlacementStrategy;
