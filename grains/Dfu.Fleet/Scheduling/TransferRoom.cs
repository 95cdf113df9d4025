namespace Dfu.Fleet.Scheduling;

/// <summary>How many more transfers hosts and campaigns may begin; counts down while a plan is made.</summary>
internal sealed class TransferRoom
{
    private readonly SchedulerSnapshot _snapshot;
    private readonly int[] _hosts;
    private readonly int[] _campaigns;
    private readonly int[][] _onAdapter;

    public TransferRoom(SchedulerSnapshot snapshot)
    {
        _snapshot = snapshot;
        _hosts = [.. snapshot.HostLimits.Select((most, host) =>
            Left(most, snapshot.Adapters.Where(adapter => adapter.Host == host).Sum(static adapter => adapter.Active)))];
        _campaigns = [.. snapshot.Campaigns.Select(static campaign => Left(campaign.Most, campaign.Active.Sum()))];
        _onAdapter = [.. snapshot.Campaigns.Select(static campaign => campaign.Active.Select(active => Left(campaign.MostPerAdapter, active)).ToArray())];
    }

    public bool Has(SchedulerDevice device, int adapter) =>
        At(_hosts, _snapshot.Adapters[adapter].Host) > 0 && At(_campaigns, device.Campaign) > 0
        && (device.Campaign >= _onAdapter.Length || _onAdapter[device.Campaign][adapter] > 0);

    public void Take(SchedulerDevice device, int adapter)
    {
        var host = _snapshot.Adapters[adapter].Host;
        if (host < _hosts.Length) _hosts[host]--;
        if (device.Campaign >= _campaigns.Length) return;
        _campaigns[device.Campaign]--;
        _onAdapter[device.Campaign][adapter]--;
    }

    private static int At(int[] left, int index) => index < left.Length ? left[index] : int.MaxValue;

    private static int Left(int? most, int active) => most is { } limit ? limit - active : int.MaxValue;
}
