using Dfu.Client;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>A campaign that was acknowledged, and what was seen of it.</summary>
internal sealed class AcknowledgedCampaign(string id, string imageSha256)
{
    public string Id => id;
    public string ImageSha256 => imageSha256;

    /// <summary>Good outcomes that a view has shown.</summary>
    public Dictionary<BluetoothAddress, DeviceOutcome> Good { get; } = [];

    /// <summary>Null until it is over.</summary>
    public CampaignView? End { get; set; }
}

/// <summary>One campaign after the other for all devices, each with a build of its own, by a client that asks until it is answered.</summary>
internal sealed class ChaosCampaigns(
    FleetClient client, ChaosSettings settings, IReadOnlyList<BluetoothAddress> devices, TimeProvider time, Action<string> tell)
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(0.5);

    public List<AcknowledgedCampaign> Acknowledged { get; } = [];

    /// <summary>What is known of the one that is not over.</summary>
    public CampaignView? Latest { get; private set; }

    /// <param name="enough">No other campaign begins after that; one that was begun is waited for.</param>
    /// <exception cref="OperationCanceledException">It was not over when <paramref name="stop"/> came.</exception>
    public async Task RunAsync(CancellationToken enough, CancellationToken stop)
    {
        for (var number = 1; !enough.IsCancellationRequested; number++)
        {
            var request = Request(number, out var sha256);
            await using var campaign = await UntilAnsweredAsync(() => client.StartAsync(request, stop), stop);
            var acknowledged = new AcknowledgedCampaign(campaign.Campaign!, sha256);
            Acknowledged.Add(acknowledged);
            var over = campaign.WaitAsync(stop);
            while (!over.IsCompleted)
            {
                See(acknowledged, campaign.Snapshot());
                await Task.WhenAny(over, Task.Delay(SampleEvery, time, stop));
            }

            acknowledged.End = await over;
            See(acknowledged, acknowledged.End);
            tell($"campaign {number}: {acknowledged.End.Outcome}, "
                + $"{acknowledged.End.Devices.Count(static device => device.Outcome.IsGood())} of {devices.Count} updated in "
                + $"{acknowledged.End.Devices.Sum(static device => device.Attempts)} attempts");
        }
    }

    /// <summary>The same view from whoever answers now.</summary>
    public Task<CampaignView> AgainAsync(string id, CancellationToken stop) => UntilAnsweredAsync(
        async () =>
        {
            await using var campaign = await client.FollowAsync(id, stop);
            return campaign.Snapshot();
        },
        stop);

    public Task<IReadOnlyList<string>> ListedAsync(CancellationToken stop) => UntilAnsweredAsync<IReadOnlyList<string>>(
        async () => [.. (await client.CampaignsAsync(stop)).Select(static entry => entry.Campaign)], stop);

    private void See(AcknowledgedCampaign campaign, CampaignView view)
    {
        Latest = view;
        foreach (var device in view.Devices.Where(static device => device.Outcome.IsGood())) campaign.Good[device.Application] = device.Outcome;
    }

    private CampaignRequest Request(int number, out string sha256)
    {
        var image = new byte[settings.Size];
        new Random(number).NextBytes(image);
        var zip = PackageWriter.Create(
            new PackageContents
            {
                Application = new FirmwareFile("app", image),
                ApplicationVersion = (uint)number + 1,
                HwVersion = 52,
                SdReq = [0xFFFE],
            },
            null);
        var package = PackageReader.Read(zip, null);
        sha256 = Convert.ToHexStringLower(package.Images[0].Sha256.Span);
        return new() { Package = package, PackageFile = zip, Targets = new() { Addresses = [.. devices] }, Key = $"chaos-{number}" };
    }

    private async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> ask, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (DfuException e) when (e.Error is DfuError.ServerUnreachable or DfuError.DatabaseUnavailable or DfuError.Interrupted)
            {
                await Task.Delay(SampleEvery, time, stop);
            }
        }
    }
}
