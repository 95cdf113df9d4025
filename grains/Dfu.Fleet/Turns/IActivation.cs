using Dfu.Fleet.Peers;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Turns;

/// <summary>What an activation gets from what carries it: a grain, or a host of the simulation.</summary>
internal interface IActivation
{
    /// <summary>Whose it is, for the log: a device's address, a campaign's id.</summary>
    string Name { get; }

    FleetHost Host { get; }

    IPeers Peers { get; }

    ILogger Log { get; }

    /// <summary>For lines about single updates and attempts.</summary>
    ILogger Updates { get; }

    /// <summary>Begins work on the activation's scheduler; from any thread.</summary>
    void Enter(Func<Task> work);

    /// <summary>Calls the activation: its <see cref="OwnTurns"/> are taken when the call arrives. Fails when it does not.</summary>
    Task TurnAsync();

    /// <summary>No more calls come here: the next activation begins with what is stored.</summary>
    /// <param name="reason">For the log; empty when there is nothing left to do.</param>
    void End(string reason);
}
