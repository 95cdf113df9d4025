using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dfu.Fleet.Tests.Turns;

/// <summary>An activation that has a clock and nothing else.</summary>
/// <param name="peers">Null for none.</param>
internal sealed class BareActivation(TimeProvider time, IPeers? peers = null) : IActivation
{
    public string Name => "bare";

    public FleetHost Host { get; } = new()
    {
        Silo = "host",
        Policy = new FleetPolicy(),
        Time = time,
        Runner = static (_, _, _, _, _) => throw new NotSupportedException(),
        Ledger = static _ => new InMemoryTrafficLedger(),
        Packages = null!,
    };

    public IPeers Peers => peers ?? throw new NotSupportedException();

    public ILogger Log => NullLogger.Instance;

    public ILogger Updates => NullLogger.Instance;

    public void Enter(Func<Task> work) => throw new NotSupportedException();

    /// <summary>What a call of the activation to itself does.</summary>
    public Func<Task> Turn { get; set; } = static () => throw new NotSupportedException();

    public Task TurnAsync() => Turn();

    public bool Ended { get; private set; }

    public void End(string reason) => Ended = true;
}
