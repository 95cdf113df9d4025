using Dfu.Client;
using Dfu.Cluster.Scenario.Processes;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>A cluster that updates its devices again and again while its processes are killed and stopped at random, and what must hold afterwards.</summary>
internal sealed class ChaosScenario(ChaosSettings settings, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <returns>What is not as it must be.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken stop)
    {
        Console.WriteLine($"seed {settings.Seed}, {settings.Devices} devices, images of {settings.Size / 1024} KiB");
        await using var fleet = new ChaosFleet(settings, time);
        await fleet.StartAsync();
        Tell("PostgreSQL, a simulator, four bridges and two members run");
        var addresses = SimulatedDevice.Read(fleet.DevicesFile).Keys.Select(Address).ToArray();
        await using var client = new FleetClient(new() { ConnectionString = fleet.Connection, Tls = fleet.Certificates("client") });
        var campaigns = new ChaosCampaigns(client, settings, addresses, time, Tell);
        var monkey = new Monkey(fleet.Victims, settings, time, Tell);

        using var calm = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var updating = campaigns.RunAsync(calm.Token, late.Token);
        using (var hurting = new CancellationTokenSource(TimeSpan.FromMinutes(settings.Minutes), time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(hurting.Token, stop))
            await monkey.RunAsync(either.Token);
        stop.ThrowIfCancellationRequested();
        calm.Cancel();
        Tell("nothing is hurt any more");
        late.CancelAfter(TimeSpan.FromMinutes(settings.MostQuiet));
        try
        {
            await fleet.ReadyAsync();
            await updating;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            Tell("the last campaign is not over");
        }

        Tell("the campaigns are over");
        var listed = await campaigns.ListedAsync(stop);
        var again = new Dictionary<string, CampaignView>();
        foreach (var campaign in campaigns.Acknowledged.Where(campaign => listed.Contains(campaign.Id)))
            again[campaign.Id] = await campaigns.AgainAsync(campaign.Id, stop);
        List<string> wrong = [.. ChaosChecks.Campaigns(campaigns.Acknowledged, listed, again), .. await fleet.EndAsync()];
        var devices = SimulatedDevice.Read(fleet.DevicesFile);
        wrong.AddRange(ChaosChecks.Devices(devices, campaigns.Acknowledged));
        foreach (var process in fleet.Processes)
        {
            foreach (var (code, last) in process.EndedByItself.Where(static end => end.Code >= ProcessVictim.ExitBySignal))
                wrong.Add($"{process.Name} died of {code}: {last}");
        }

        Print(fleet, campaigns.Acknowledged, devices);
        if (wrong.Count > 0)
            foreach (var process in fleet.Processes) Console.WriteLine($"--- {process.Name}\n{process.Output}");
        return wrong;
    }

    private void Print(ChaosFleet fleet, List<AcknowledgedCampaign> campaigns, IReadOnlyDictionary<string, SimulatedDevice> devices)
    {
        var ends = campaigns.Select(static campaign => campaign.End).OfType<CampaignView>().ToArray();
        var updates = ends.Sum(static end => end.Devices.Count(static device => device.Outcome.IsGood()));
        var failed = ends.SelectMany(static end => end.Devices).Where(static device => device.Outcome == DeviceOutcome.Failed).ToArray();
        var least = (long)updates * settings.Size;
        var received = devices.Values.Sum(static device => device.FirmwareBytes);
        Console.WriteLine();
        foreach (var victim in fleet.Victims) Console.WriteLine($"{victim.Name,-12}killed {victim.Kills} times, stopped {victim.Stops} times");
        foreach (var process in fleet.Processes)
        {
            foreach (var end in process.EndedByItself.GroupBy(static end => end))
                Console.WriteLine($"{process.Name,-12}ended by itself {end.Count()} times with {end.Key.Code}: {end.Key.Last}");
        }

        var attempts = ends.Sum(static end => end.Devices.Sum(static device => device.Attempts));
        Console.WriteLine($"{campaigns.Count} campaigns, {updates} updates in {attempts} attempts, "
            + $"{devices.Values.Sum(static device => device.Connects)} links, {devices.Values.Sum(static device => device.Activations)} images activated");
        foreach (var reason in failed.GroupBy(static device => device.Error))
            Console.WriteLine($"{reason.Count()} failed: {reason.Key}, {reason.First().Detail}");
        Console.WriteLine(FormattableString.Invariant(
            $"{received:#,0} bytes received, {100.0 * (received - least) / Math.Max(1, least):0} % more than the updates take")
            + " (simulators that were killed forget counts)");
        Console.WriteLine($"kills: {fleet.Victims.Sum(static victim => victim.Kills)}, stops: {fleet.Victims.Sum(static victim => victim.Stops)}");
    }

    private void Tell(string what) => Console.WriteLine(FormattableString.Invariant($"{time.GetElapsedTime(_began).TotalSeconds,6:0.0} s  {what}"));

    private static BluetoothAddress Address(string text) =>
        BluetoothAddress.TryParse(text, out var address) ? address : throw new ScenarioException($"{text} is no address");
}
