using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Access;

/// <summary>A device in one of the fleet's campaigns.</summary>
public sealed record CampaignDevice(CampaignEntry Campaign, DeviceView View);

/// <summary>A device as all of the fleet knows it.</summary>
/// <param name="View">As it stands in the campaign it is, or was last, part of.</param>
/// <param name="Campaign">That campaign; null when it is deleted.</param>
/// <param name="Traits">What is known of its class of bootloaders; null when nothing is.</param>
public sealed record FoundDevice(FleetDevice Device, DeviceView? View, CampaignEntry? Campaign, ClassState? Traits)
{
    /// <summary>So many campaigns are looked at for a serial number, and listed.</summary>
    public const int MostCampaigns = 20;

    /// <summary>The one thing to change about it, one sentence; null when nothing stands out.</summary>
    public string? Advised => Device.State is { } state ? Advice.Of(state, View?.Rssi) : null;

    private const string Listed = "'dfu device list' lists those that were there.";

    /// <summary>Every device of some campaigns once, as it stands in the newest of them.</summary>
    /// <param name="campaigns">The newest first.</param>
    public static async Task<List<CampaignDevice>> ListAsync(IFleetServer fleet, IEnumerable<CampaignEntry> campaigns, CancellationToken cancellationToken)
    {
        var (seen, devices) = (new HashSet<BluetoothAddress>(), new List<CampaignDevice>());
        foreach (var entry in campaigns)
        {
            await using var campaign = await fleet.FollowAsync(entry.Campaign, cancellationToken);
            devices.AddRange(campaign.Snapshot().Devices.Where(view => seen.Add(view.Application))
                .OrderByDescending(static view => view.EndedAt ?? view.StartedAt ?? DateTimeOffset.MinValue).Select(view => new CampaignDevice(entry, view)));
        }

        return devices;
    }

    /// <summary>By either address, or by its serial number or label in one of the last campaigns.</summary>
    /// <exception cref="DfuException">NotFound when there is none, InvalidArgument when several are called so.</exception>
    public static async Task<FoundDevice> FindAsync(IFleetServer fleet, string text, CancellationToken cancellationToken)
    {
        var campaigns = await fleet.CampaignsAsync(cancellationToken);
        var address = BluetoothAddress.TryParse(text, out var given) ? given : await NamedAsync(fleet, text, campaigns, cancellationToken);
        var device = await fleet.DeviceAsync(address, cancellationToken)
            ?? throw new DfuException(DfuError.NotFound, $"no campaign had the device {address}") { Remedy = Listed };
        var last = device.State is null ? null : device.History.LastOrDefault()?.Campaign;
        var campaign = campaigns.FirstOrDefault(entry => entry.Campaign == last);
        var view = campaign is null ? null : await ViewAsync(fleet, campaign, device, cancellationToken);
        var resting = device.State is { } state ? DeviceViews.Of(state, state.Traffic, 0, null, state.EndedAt ?? state.Costs.Since) : null;
        var known = device.State?.Class is { } key ? (await fleet.ClassesAsync(cancellationToken)).FirstOrDefault(one => one.Key == key) : null;
        return new(device, view ?? resting, campaign, known);
    }

    private static async Task<DeviceView?> ViewAsync(IFleetServer fleet, CampaignEntry entry, FleetDevice device, CancellationToken cancellationToken)
    {
        await using var campaign = await fleet.FollowAsync(entry.Campaign, cancellationToken);
        return campaign.Snapshot().Devices.FirstOrDefault(view => view.Application == device.State!.Application);
    }

    private static async Task<BluetoothAddress> NamedAsync(
        IFleetServer fleet, string text, ImmutableArray<CampaignEntry> campaigns, CancellationToken cancellationToken)
    {
        var found = (await ListAsync(fleet, campaigns.Reverse().Take(MostCampaigns), cancellationToken)).Where(one => IsCalled(one.View, text)).ToList();
        return found switch
        {
            [var one] => one.View.Application,
            [] => throw new DfuException(
                DfuError.NotFound, $"'{text}' is no address, and no device of the last campaigns has it as its serial number or label")
            {
                Remedy = Listed,
            },
            _ => throw new DfuException(DfuError.InvalidArgument, $"several devices are called '{text}'")
            {
                Remedy = $"Give one's address: {string.Join(", ", found.Take(5).Select(static one => one.View.Application))}.",
            },
        };
    }

    private static bool IsCalled(DeviceView view, string text) =>
        view.Label is { } label
        && (label.Serial.Equals(text, StringComparison.OrdinalIgnoreCase) || label.Label.Equals(text, StringComparison.OrdinalIgnoreCase));
}
