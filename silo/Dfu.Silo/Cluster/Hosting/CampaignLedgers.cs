using Dfu.Fleet.Storage;
using Dfu.Silo.Storage;

namespace Dfu.Silo.Cluster.Hosting;

/// <summary>A ledger file for each campaign.</summary>
internal sealed class CampaignLedgers(string folder) : IDisposable
{
    private readonly Dictionary<string, MappedTrafficLedger> _open = [];

    public ITrafficLedger Of(string campaign)
    {
        lock (_open)
        {
            if (_open.TryGetValue(campaign, out var ledger)) return ledger;
            Directory.CreateDirectory(folder);
            ledger = _open[campaign] = MappedTrafficLedger.Open(Path.Combine(folder, campaign));
            ledger.Begin(campaign);
            return ledger;
        }
    }

    public void Dispose()
    {
        lock (_open)
        {
            foreach (var ledger in _open.Values) ledger.Dispose();
            _open.Clear();
        }
    }
}
