using System.ComponentModel;
using System.Security.Claims;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Reports;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.OpenApi;
using Dfu.Server.Security;
using Dfu.Silo.Serve;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Dfu.Server.Api.Campaigns;

/// <summary>Campaigns: list, start, look, control.</summary>
internal static class CampaignEndpoints
{
    public static void MapCampaigns(this IEndpointRouteBuilder api)
    {
        var campaigns = api.MapGroup("/campaigns").WithTags("Campaigns");
        campaigns.MapGet("", ListAsync).Refuses(400)
            .Describe("campaigns", "List campaigns, the newest first.", "Leave the standings out for a cheap list: each is a call to its campaign.");
        campaigns.MapPost("", StartAsync).RequireAuthorization(FleetRoles.Operator).WithBodyLimit(BodyLimit.Campaign)
            .Produces<ApiCampaignStarted>(StatusCodes.Status201Created).Produces<ApiCampaignStarted>(StatusCodes.Status200OK)
            .Refuses(400, 404, 409, 413, 415, 422).TakesIdempotencyKey()
            .Describe(
                "startCampaign",
                "Start a campaign with a package that was uploaded, or go on with one.",
                "The same package, part of it, targets and name go on with the campaign that has them (200): devices that failed are tried again. A new one "
                + "is answered with 201. A request with an Idempotency-Key that was given before is answered as it was first and not carried out "
                + "again, by any member and after restarts, for as long as the campaign is kept and among its last eight; give one with 'restart'.");
        var one = campaigns.MapGroup("/{campaign}");
        one.MapGet("", StandingAsync).Refuses(404)
            .Describe("campaign", "Tell how a campaign stands, without its devices.", "Its ETag goes into If-Match of a control.");
        one.MapGet("/view", ViewAsync).Refuses(404).Describe("campaignView", "Tell all of a campaign: devices, adapters, notices.");
        one.MapGet("/units", UnitsAsync).Refuses(400, 404).Describe("campaignUnits", "List a campaign's devices, in the order it has them.");
        one.MapPost("/control", ControlAsync).RequireAuthorization(FleetRoles.Operator).Refuses(400, 404, 412, 413, 415).TakesIfMatch()
            .Describe(
                "controlCampaign",
                "Pause, resume, approve, cancel, retry or restart.",
                "What was asked for is durable when this answers. With If-Match it is done only if the campaign still stands as its ETag says.");
        one.MapGet("/report/{form}", CampaignReports.FileAsync).Refuses(404)
            .Produces<string>(StatusCodes.Status200OK, CampaignReports.Types[0], CampaignReports.Types[1..])
            .Describe(
                "campaignReport", "Download what became of every device.", "csv is a table, json a document, junit is for test farms, html a page to print.");
    }

    private static async Task<Answer<ApiPage<ApiCampaign>>> ListAsync(
        IFleetServer fleet,
        CancellationToken cancellationToken,
        [Description("active (not over), over, or a state: running, listening, cancelling, succeeded, failed, cancelled, or what holds it up: "
            + "paused, failures, notStarted, outsideWindow, approval, tooFewUpdated.")] string? state = null,
        [Description("Part of the campaign's name, in any case.")] string? name = null,
        [Description("Whether to tell how each stands.")] bool standing = true,
        [Description(Texts.Cursor)] string? cursor = null,
        [Description(Texts.Limit)] int? limit = null) =>
        Answer.Of(await new CampaignList(fleet, PageWish.Of(cursor, limit), state, name, standing).ReadAsync(cancellationToken));

    private static async Task<IResult> StartAsync(
        ApiCampaignOrder order, HttpRequest request, ClaimsPrincipal user, IFleetServer fleet, ServedSilo silo, CancellationToken cancellationToken)
    {
        var by = FleetSecurity.NameOf(user);
        var key = IdempotencyKeys.Of(request, by);
        if (OrderRules.OfOrder(order.PackageId, order.Targets) is { } wrong) throw new DfuException(wrong.Error, wrong.Detail);
        var zip = await fleet.PackageAsync(order.PackageId, cancellationToken)
            ?? throw new DfuException(DfuError.PackageNotFound, $"nobody has the package {order.PackageId}")
            {
                Remedy = $"POST it to {ApiRoutes.Packages} first.",
            };
        await using var started = await fleet.StartAsync(
            new()
            {
                Package = new OrderRules(silo.Settings.PublicKey).Read(zip),
                Targets = order.Targets,
                Only = order.Only,
                Limits = order.Limits,
                Plan = order.Plan,
                Restart = order.Restart,
                By = by,
                Key = key,
                Content = key.Length == 0 ? "" : IdempotencyKeys.Content(order),
            },
            cancellationToken);
        var goesOn = started.Snapshot().GoesOn;
        var answer = new ApiCampaignStarted(started.Id, goesOn, await fleet.StandingAsync(started.Id, cancellationToken));
        return goesOn ? TypedResults.Ok(answer) : TypedResults.Created(ApiRoutes.Campaign(started.Id), answer);
    }

    private static async Task<Answer<CampaignStanding>> StandingAsync(string campaign, IFleetServer fleet, CancellationToken cancellationToken) =>
        Answer.Of(await fleet.StandingAsync(campaign, cancellationToken));

    private static async Task<Answer<CampaignView>> ViewAsync(string campaign, IFleetServer fleet, CancellationToken cancellationToken) =>
        Answer.Of(await SnapshotAsync(fleet, campaign, cancellationToken));

    private static async Task<Answer<ApiPage<DeviceView>>> UnitsAsync(
        string campaign,
        IFleetServer fleet,
        CancellationToken cancellationToken,
        [Description("Those that stand so: waiting, atWork, done, failed, pausing, cancelled.")] string? state = null,
        [Description("An address of the device, or part of its serial number, label or order number, in any case.")] string? find = null,
        [Description(Texts.Cursor)] string? cursor = null,
        [Description(Texts.Limit)] int? limit = null)
    {
        var (page, wanted) = (PageWish.Of(cursor, limit), Words.Read<UnitState>(nameof(state), state));
        var view = await SnapshotAsync(fleet, campaign, cancellationToken);
        var units = view.Devices.Where(unit => (wanted is null || UnitStates.Of(unit.Outcome, unit.Phase) == wanted) && (find is null || IsCalled(unit, find)));
        return Answer.Of(page.Of([.. units], static unit => unit.Application.ToString()));
    }

    private static async Task<ApiDone> ControlAsync(
        string campaign, ApiCampaignControl control, HttpRequest request, ClaimsPrincipal user, IFleetServer fleet, CancellationToken cancellationToken)
    {
        var match = request.Headers[HeaderNames.IfMatch];
        if (match.Count > 0 && !EntityTags.OfValue(await fleet.StandingAsync(campaign, cancellationToken)).IsAmong(match, weak: false))
            throw new DfuException(DfuError.ChangedMeanwhile, $"the campaign {campaign} does not stand as it did");
        var wish = new CampaignControl(control.Kind, FleetSecurity.NameOf(user)) { Cut = control.Cut, Devices = control.Devices };
        return new(await fleet.ControlAsync(campaign, wish, cancellationToken));
    }

    private static async Task<CampaignView> SnapshotAsync(IFleetServer fleet, string campaign, CancellationToken cancellationToken)
    {
        await using var followed = await fleet.FollowAsync(campaign, cancellationToken);
        return followed.Snapshot();
    }

    /// <summary>Whether it is the device, or one of the devices, that somebody looks for.</summary>
    internal static bool IsCalled(DeviceView unit, string text)
    {
        if (BluetoothAddress.TryParse(text, out var address)) return unit.Application == address || unit.Bootloader == address;
        return unit.Label is { } label
            && (Has(label.Serial, text) || Has(label.Label, text) || Has(label.Order, text));

        static bool Has(string name, string text) => name.Contains(text, StringComparison.OrdinalIgnoreCase);
    }
}
