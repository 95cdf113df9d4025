namespace Dfu.Fleet.Scheduling;

/// <summary>How many more transfers hosts and campaigns may begin; counts down while a plan is made.</summary>
internal sealed class TransferRoom
{
    private readonly SchedulerSnapshot _snapshot;
    private readonly int[] _hosts;
    private readonly int[] _campaigns;
    private readonly int[][] _onAdapter;
    private readonly int[][] _onHost;

    public TransferRoom(SchedulerSnapshot snapshot)
    {
        _snapshot = snapshot;
        _hosts = [.. snapshot.HostLimits.Select((most, host) =>
            Left(most, snapshot.Adapters.Where(adapter => adapter.Host == host).Sum(static adapter => adapter.Active)))];
        _campaigns = [.. snapshot.Campaigns.Select(static campaign => Left(campaign.Most, campaign.Active.Sum()))];
        var hosts = snapshot.Adapters.Length == 0 ? 0 : snapshot.Adapters.Max(static adapter => adapter.Host) + 1;
        _onHost = [.. snapshot.Campaigns.Select(campaign => Enumerable.Range(0, hosts).Select(host =>
            Left(campaign.MostPerHost, campaign.Active.Where((_, adapter) => snapshot.Adapters[adapter].Host == host).Sum())).ToArray())];
        _onAdapter = [.. snapshot.Campaigns.Select(static campaign => campaign.Active.Select(active => Left(campaign.MostPerAdapter, active)).ToArray())];
    }

    public bool Has(SchedulerDevice device, int adapter) =>
        At(_hosts, _snapshot.Adapters[adapter].Host) > 0 && At(_campaigns, device.Campaign) > 0
        && (device.Campaign >= _onAdapter.Length
            || (_onAdapter[device.Campaign][adapter] > 0 && _onHost[device.Campaign][_snapshot.Adapters[adapter].Host] > 0));

    public void Take(SchedulerDevice device, int adapter)
    {
        var host = _snapshot.Adapters[adapter].Host;
        if (host < _hosts.Length) _hosts[host]--;
        if (device.Campaign >= _campaigns.Length) return;
        _campaigns[device.Campaign]--;
        _onAdapter[device.Campaign][adapter]--;
        _onHost[device.Campaign][host]--;
    }

    private static int At(int[] left, int index) => index < left.Length ? left[index] : int.MaxValue;

    private static int Left(int? most, int active) => most is { } limit ? limit - active : int.MaxValue;
}
