using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;

namespace Dfu.Cluster.Tests.Contracts;

public sealed class SingleProcessTests : FleetContract
{
    internal override FleetUnderTest Create(RoomSettings settings, FleetPolicy policy) => new ProcessFleet(settings, policy);
}
