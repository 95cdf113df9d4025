using Dfu.Cluster.Scenario;
using Dfu.Cluster.Scenario.Processes;
using Dfu.Protocol.Errors;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

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
catch (OperationCanceledException)
{
    Console.WriteLine("interrupted");
    return 3;
}
catch (Exception e) when (e is ScenarioException or DfuException)
{
    Console.WriteLine(e.Message);
    return 1;
}
