using Dfu.Fleet.Orders;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>Fetches what an attempt needs besides its device's state: the package, and what its campaign has learned.</summary>
internal sealed class AttemptPreparation(AdapterParts parts)
{
    /// <summary>Tries again for as long as a lease lasts: within that time activations move to other hosts.</summary>
    /// <exception cref="DfuException">The package is not there or not sound.</exception>
    /// <exception cref="PeerUnreachableException">The package or the campaign could not be asked for.</exception>
    public async Task<(DfuPackage Package, CampaignKnowledge Knowledge)> PrepareAsync(AdapterAttempt attempt)
    {
        var (place, device) = (attempt.Order.Place, attempt.Device);
        var (times, time) = (parts.Host.Times, parts.Host.Time);
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                var package = await parts.Packages.GetAsync(place.PackageId, CancellationToken.None);
                attempt.MayProbe = true; // an answer that gets lost may have chosen this attempt
                var knowledge = await parts.Peers.Campaign(place.Campaign).KnowledgeAsync(device.Id, device.Attempt, device.Class)
                    .OrUnreachable();
                attempt.MayProbe = knowledge.Probe;
                return (package.Only(place.Only), knowledge);
            }
            catch (PeerUnreachableException e) when (!attempt.Over && time.GetElapsedTime(began) < times.Lease)
            {
                parts.Log.WorkFailed(LogLevel.Debug, parts.Id, "prepare an attempt yet", e);
                await Task.Delay(times.AdapterReport, time, CancellationToken.None);
            }
        }
    }
}
