using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>An engine over a room, with a store that outlives its runs. One run at a time.</summary>
internal abstract class FleetUnderTest(RoomSettings settings, FleetPolicy policy) : IAsyncDisposable
{
    private static readonly TimeSpan LongestCampaign = TimeSpan.FromMinutes(3);

    public Room Room { get; } = new(settings) { Limits = policy.Campaign };
    public FleetPolicy Policy { get; } = policy;
    public TemporaryDirectory Directory { get; } = new();

    /// <summary>What views call the radio.</summary>
    public abstract string AdapterId(int radio);

    /// <summary>A new run over the same store.</summary>
    public abstract Task<IFleet> OpenAsync();

    /// <summary>Ends the run in order.</summary>
    public abstract Task CloseAsync();

    /// <summary>Ends the run as a power cut would.</summary>
    public abstract Task AbandonAsync();

    /// <summary>A whole run: starts, waits for the end, stops.</summary>
    public async Task<CampaignView> FlashAsync(CampaignRequest? request = null)
    {
        var fleet = await OpenAsync();
        await fleet.StartAsync(request ?? Room.Request(), CancellationToken.None);
        var view = await WaitAsync(fleet);
        await CloseAsync();
        return view;
    }

    public static async Task<CampaignView> WaitAsync(IFleet fleet)
    {
        using var late = new CancellationTokenSource(LongestCampaign, TimeProvider.System);
        try
        {
            return await fleet.WaitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"the campaign has not ended: {Describe(fleet.Snapshot())}");
        }
    }

    public static string Describe(CampaignView view) => string.Join(
        "\n  ",
        view.Devices.Where(static device => device.Outcome == DeviceOutcome.Pending || device.Outcome == DeviceOutcome.Failed)
            .Select(static device => $"{device.Application} {device.Phase} {device.Outcome} {device.Error} attempt {device.Attempts} on {device.Adapter}, "
                + $"{device.BytesConfirmed} of {device.BytesTotal}: {device.Detail}")
            .Concat(view.Adapters.Select(static adapter => $"{adapter.Id} {adapter.Status} {adapter.Active}/{adapter.Limit} {adapter.Detail}"))
            .Prepend($"{view.Outcome}, {view.Devices.Length} devices{(view.Collecting ? ", collecting" : "")}"));

    public virtual async ValueTask DisposeAsync()
    {
        await Room.DisposeAsync();
        Directory.Dispose();
    }
}
