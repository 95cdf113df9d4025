using Dfu.Cluster.Scenario.Processes;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>Something that runs, is hurt, and runs again.</summary>
internal abstract class Victim(string name, VictimKind kind)
{
    public string Name => name;
    public VictimKind Kind => kind;
    public int Kills { get; private set; }
    public int Stops { get; private set; }

    /// <summary>Whether it can be hurt now: it is not yet being hurt.</summary>
    public abstract bool IsThere { get; }

    /// <summary>Starts a fault; the task ends when it is over, and what was hurt runs again or is being started.</summary>
    public async Task HurtAsync(Fault fault, TimeProvider time, CancellationToken soon)
    {
        if (fault.Kill) Kills++;
        else Stops++;
        await (fault.Kill ? KillAsync() : SignalAsync("STOP"));
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), time, soon);
        }
        catch (OperationCanceledException)
        {
            // The chaos is over, and nothing stays down.
        }

        await (fault.Kill ? StartAgainAsync() : SignalAsync("CONT"));
    }

    protected abstract Task KillAsync();

    protected abstract Task StartAgainAsync();

    protected abstract Task SignalAsync(string signal);
}

/// <summary>The database server with all its processes.</summary>
internal sealed class DatabaseVictim(PostgresServer server) : Victim("database", VictimKind.Database)
{
    private volatile bool _hurt;

    public override bool IsThere => !_hurt;

    protected override async Task KillAsync()
    {
        _hurt = true;
        await server.KillAsync();
    }

    protected override async Task StartAgainAsync()
    {
        await server.GoOnAsync();
        _hurt = false;
    }

    protected override async Task SignalAsync(string signal)
    {
        _hurt = true;
        await (signal == "STOP" ? server.HangAsync() : server.WakeAsync());
        _hurt = signal == "STOP";
    }
}
