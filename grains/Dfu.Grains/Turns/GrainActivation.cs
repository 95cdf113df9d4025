using Dfu.Fleet;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Turns;

/// <summary>A grain that carries an activation.</summary>
/// <param name="self">The grain's reference to itself; null where it takes no turns of its own.</param>
internal sealed class GrainActivation(
    IGrainContext grain, string name, IGrainFactory grains, FleetHost host, ILogger log, ILoggerFactory? loggers = null, IOwnTurns? self = null) : IActivation
{
    public string Name => name;

    public FleetHost Host => host;

    public IPeers Peers { get; } = new GrainPeers(grains);

    public ILogger Log => log;

    public ILogger Updates { get; } = loggers?.CreateLogger(TracedLines.Updates) ?? log;

    public void Enter(Func<Task> work) => grain.Scheduler.QueueAction(() => Background.Run("take a turn", work()));

    public Task TurnAsync() => self?.TakeTurnAsync() ?? throw new InvalidOperationException($"{name} takes no turns of its own");

    /// <remarks>Without an exception: with it, calls that wait would fail too instead of going to the next activation.</remarks>
    public void End(string reason) => grain.Deactivate(new(DeactivationReasonCode.ApplicationRequested, reason));
}
