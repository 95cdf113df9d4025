namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>Hurts processes in the order of a seed, several at a time, until told to stop; then all of them run again.</summary>
internal sealed class Monkey(IReadOnlyList<Victim> victims, ChaosSettings settings, TimeProvider time, Action<string> tell)
{
    /// <exception cref="Exception">What a process did that could not be hurt, or not be started again.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var faults = new FaultSequence(settings.Seed);
        var running = new List<Task>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            while (victims.Sum(static victim => victim.Kills) < settings.Kills)
            {
                var fault = faults.Next();
                var kind = victims.Where(victim => victim.Kind == fault.Kind).ToArray();
                var victim = kind[(int)(fault.Choice * kind.Length)];

                // The one that was meant is being hurt still: the sequence goes on with the next.
                if (!victim.IsThere) continue;
                tell(FormattableString.Invariant($"{(fault.Kill ? "killed" : "stopped"),-8}{victim.Name} for {fault.Seconds:0.0} s"));
                running.Add(victim.HurtAsync(fault, time, over.Token));
                await Task.Delay(TimeSpan.FromSeconds(fault.Pause), time, stop);
                foreach (var failed in running.Where(static task => task.IsFaulted)) await failed;
                running.RemoveAll(static task => task.IsCompleted);
            }
        }
        catch (OperationCanceledException)
        {
            // Its time is over.
        }
        finally
        {
            over.Cancel();
            await Task.WhenAll(running);
        }
    }
}
