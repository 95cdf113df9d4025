using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;

namespace Dfu.Cluster.Tests.Contracts;

public sealed class OneSiloTests : FleetContract
{
    internal override FleetUnderTest Create(RoomSettings settings, FleetPolicy policy) => new SiloFleet(1, settings, policy);
}
