using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;

namespace Dfu.Cluster.Tests.Contracts;

public sealed class TwoSilosTests : FleetContract
{
    /// <summary>A second of the fastest link.</summary>
    private protected override int MostUnreported => 48 * 1024;

    internal override FleetUnderTest Create(RoomSettings settings, FleetPolicy policy) => new SiloFleet(2, settings, policy);
}
