using System.Runtime.InteropServices;
using Dfu.Cluster.Scenario;
using Dfu.Cluster.Scenario.Processes;
using Dfu.Protocol.Errors;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(ScenarioSettings.Usage);
    return 0;
}

using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }
    .Select(signal => PosixSignalRegistration.Create(signal, Stop))];

try
{
    var settings = ScenarioSettings.Parse(args);
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

    var wrong = scenario.Report(Console.Out);
    foreach (var what in wrong) Console.WriteLine($"WRONG: {what}");
    Console.WriteLine(wrong.Length == 0 ? "all is as it must be" : $"{wrong.Length} things are not as they must be");
    return wrong.Length == 0 ? 0 : 1;
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

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    if (!stop.IsCancellationRequested) Console.WriteLine("cleaning up");
    stop.Cancel();
}
