using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Peers;

/// <summary>The directory of campaigns, as campaigns call it.</summary>
public interface IDirectoryPeer
{
    /// <summary>From a campaign: its last device has an outcome.</summary>
    /// <param name="overtook">Campaigns that had devices of it before: no request goes on with them.</param>
    /// <param name="told">The audit has all of it. Otherwise the campaign says it once more when that is so, and is woken until then.</param>
    Task FinishedAsync(string campaign, ImmutableHashSet<string> overtook, bool told);

    /// <summary>From a campaign that is over, before it goes on and after it has saved that it does: it is not over. Durable when it returns.</summary>
    /// <param name="devices">Its devices by all their addresses, where these were given; empty for one that collected them.</param>
    /// <returns>Why it cannot go on, in words; empty when it can.</returns>
    Task<string> ReopenAsync(string campaign, ImmutableArray<BluetoothAddress> devices);

    /// <summary>From a campaign: what it learned of a class outlives it.</summary>
    Task KeepClassAsync(ClassState learned);
}
