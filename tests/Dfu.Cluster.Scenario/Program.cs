using System.Runtime.InteropServices;
using Dfu.Cluster.Scenario;
using Dfu.Cluster.Scenario.Chaos;
using Dfu.Cluster.Scenario.Processes;
using Dfu.Protocol.Errors;

if (args is [Relay.Role, var listen, var target]) return await Relay.RunAsync(listen, target);

using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }
    .Select(signal => PosixSignalRegistration.Create(signal, Stop))];

try
{
    var root = ScenarioSettings.Command(PlayAsync);
    root.Add(ChaosSettings.Command(async settings => Tell(await new ChaosScenario(settings, TimeProvider.System).RunAsync(stop.Token))));
    return await root.RunAsync(args, Console.Out, Console.Error);
}
catch (Exception e) when (stop.IsCancellationRequested && e is (OperationCanceledException or ScenarioException or DfuException))
{
    // A terminal interrupts the processes of the scenario too, so that anything may be what failed first.
    Console.WriteLine("interrupted");
    return 3;
}
catch (Exception e) when (e is ScenarioException or DfuException)
{
    Console.WriteLine($"the scenario could not be played: {e.Message}");
    return 1;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}

async Task<int> PlayAsync(ScenarioSettings settings)
{
    using var late = new CancellationTokenSource(TimeSpan.FromSeconds(settings.MostTotal), TimeProvider.System);
    using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, late.Token);
    await using var scenario = new ClusterScenario(settings);
    try
    {
        await scenario.RunAsync(either.Token);
    }
    catch (OperationCanceledException) when (late.IsCancellationRequested)
    {
        throw new ScenarioException($"it was not over after {settings.MostTotal:0} s\n{scenario.Say()}");
    }

    return Tell(scenario.Report(Console.Out));
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    if (!stop.IsCancellationRequested) Console.WriteLine("cleaning up");
    stop.Cancel();
}

static int Tell(IReadOnlyList<string> wrong)
{
    foreach (var what in wrong) Console.WriteLine($"WRONG: {what}");
    Console.WriteLine(wrong.Count == 0 ? "all is as it must be" : $"{wrong.Count} things are not as they must be");
    return wrong.Count == 0 ? 0 : 1;
}
