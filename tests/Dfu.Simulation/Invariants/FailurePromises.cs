using Dfu.Adapters.Simulated;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Invariants;

/// <summary>A device fails only for a reason that it or its surroundings give, and says it.</summary>
internal sealed class FailurePromises(Cluster cluster, SeedPlan plan, Stored stored)
{
    public void Check(VirtualDevice device, DeviceRecord record, DfuPackage package)
    {
        var state = record.Device;
        if (state.Error == DfuError.None || state.Detail.Length == 0) cluster.Violate($"{state.Id} failed, and nobody says why");
        if (Environment.GetEnvironmentVariable("FAILS") is not null)
            Console.WriteLine($"FAILED seed {plan.Seed} {state.Error} attempts {state.Attempt - state.EarlierAttempts} failures {state.Failures} fruitless {state.Fruitless} losses {state.Losses?.Count} unsound {cluster.Drivers.IsUnsound(device)} harmed {cluster.Drivers.IsHarmed(device)} '{state.Detail}'");
        _ = package;
        _ = stored;
    }
}
