using System.ComponentModel;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.Campaigns;
using Dfu.Server.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dfu.Server.Api.Devices;

/// <summary>Devices over all campaigns.</summary>
internal static class DeviceEndpoints
{
    private const string Which = "Either address, or its serial number or label in one of the last 20 campaigns.";

    public static void MapDevices(this IEndpointRouteBuilder api)
    {
        var devices = api.MapGroup("/devices").WithTags("Devices");
        devices.MapGet("", ListAsync).Refuses(400, 404)
            .Describe(
                "devices",
                "List devices as they stand in the last campaign each was part of.",
                "Of the last 20 campaigns, or of one; those that ended last come first.");
        devices.MapGet("/{device}", ShowAsync).Refuses(400, 404).Describe("device", "Tell all that is known of a device, over all its campaigns.");
        devices.MapGet("/{device}/history", HistoryAsync).Refuses(400, 404)
            .Describe("deviceHistory", "Tell a device's last decisions and outcomes, oldest first.", "At most 200 are kept, and all of them are told.");
    }

    private static async Task<Answer<ApiPage<CampaignDevice>>> ListAsync(
        IFleetServer fleet,
        CancellationToken cancellationToken,
        [Description("An address of the device, or part of its serial number, label or order number, in any case.")] string? find = null,
        [Description("A campaign's id: its devices only.")] string? campaign = null,
        [Description(Texts.Cursor)] string? cursor = null,
        [Description(Texts.Limit)] int? limit = null)
    {
        var page = PageWish.Of(cursor, limit);
        var campaigns = (await fleet.CampaignsAsync(cancellationToken)).Reverse().Where(entry => campaign is null || entry.Campaign == campaign).ToList();
        if (campaign is not null && campaigns.Count == 0) throw new DfuException(DfuError.NotFound, $"there is no campaign {campaign}");
        var all = await FoundDevice.ListAsync(fleet, campaigns.Take(FoundDevice.MostCampaigns), cancellationToken);
        var found = all.Where(one => find is null || CampaignEndpoints.IsCalled(one.View, find));
        return Answer.Of(page.Of([.. found], static one => one.View.Application.ToString()));
    }

    private static async Task<Answer<ApiDevice>> ShowAsync([Description(Which)] string device, IFleetServer fleet, CancellationToken cancellationToken)
    {
        var found = await FoundDevice.FindAsync(fleet, device.Unescaped(), cancellationToken);
        return Answer.Of(new ApiDevice(found.Device, found.View, found.Campaign, found.Traits, found.Advised));
    }

    private static async Task<Answer<ApiPage<HistoryEntry>>> HistoryAsync(
        [Description(Which)] string device, IFleetServer fleet, CancellationToken cancellationToken) =>
        Answer.Of(ApiPages.All((await FoundDevice.FindAsync(fleet, device.Unescaped(), cancellationToken)).Device.History));
}
