using Dfu.Benchmarks;
using Dfu.Benchmarks.Endurance;
using Dfu.Benchmarks.Fleets;
using Dfu.Benchmarks.Followers;
using Dfu.Cluster.Scenario;

switch (args)
{
    // Processes of the benchmarks themselves.
    case [FleetProcess.Role, var devices, var adapters, var storage]:
        await FleetProcess.RunAsync(devices, adapters, storage);
        return 0;
    case [EnduranceServer.Role, var directory]:
        await EnduranceServer.RunAsync(directory);
        return 0;
    case [FollowedServer.Role, .. var load]:
        await FollowedServer.RunAsync(FollowedLoad.Parse(load));
        return 0;
    default:
        return await BenchmarkCommands.All().RunAsync(args, Console.Out, Console.Error);
}
