using System.ComponentModel;
using System.Reflection;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Identity;
using Dfu.Fleet.Scan;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.OpenApi;
using Dfu.Server.Hosting;
using Dfu.Silo.Serve;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dfu.Server.Api.Fleet;

/// <summary>What is of the whole fleet: the air, the audit, what is known of bootloaders, the server itself.</summary>
internal static class FleetEndpoints
{
    /// <summary>Older entries of the audit are read with 'dfu audit', or by subject.</summary>
    private const int MostAudited = 10_000;

    private static readonly string Version =
        (typeof(FleetEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    public static void MapFleet(this IEndpointRouteBuilder api)
    {
        var fleet = api.MapGroup("").WithTags("Fleet");
        fleet.MapGet("/about", About).Refuses().Describe("about", "Tell which server answers.");
        fleet.MapGet("/heard", HeardAsync).Refuses(400)
            .Describe(
                "heard", "Tell who is on the air now, the strongest first.", "By all adapters that listen; 'by' tells adapters by their index in 'adapters'.");
        fleet.MapGet("/audit", AuditAsync).Refuses(400)
            .Describe("audit", "Tell who changed what and when, the newest first.", "The last 10,000 entries, or those of one subject.");
        fleet.MapGet("/classes", ClassesAsync).Refuses().Describe("classes", "Tell what is known of classes of bootloaders.");
    }

    private static Answer<ApiAbout> About(ServedSilo silo, WebSettings settings) => Answer.Of(new ApiAbout(
        Version, silo.Settings.Name, silo.Settings.Connection is not null, silo.Settings.PublicKey is not null, settings.MaxUploadBytes));

    private static async Task<Answer<HeardAir>> HeardAsync(
        IFleetServer fleet,
        CancellationToken cancellationToken,
        [Description("A pattern for the advertised name, with * and ? as in a shell.")] string? name = null,
        [Description("What it runs: bootloader, application, bootloaderOrApplication, legacyBootloader, smp, uart, other.")] string? mode = null,
        [Description(Texts.Limit)] int? limit = null)
    {
        var (most, wanted) = (PageWish.Of(null, limit).Limit, Words.Read<UnitMode>(nameof(mode), mode));
        var air = await fleet.HeardAsync(cancellationToken);
        var units = air.Units.Where(unit => (wanted is null || unit.Mode == wanted) && (name is null || DeviceNames.Matches(unit.Name, name)));
        return Answer.Of(air with { Units = [.. units.Take(most)] });
    }

    private static async Task<Answer<ApiPage<AuditEntry>>> AuditAsync(
        IFleetServer fleet,
        CancellationToken cancellationToken,
        [Description("A campaign, device, adapter, package or key.")] string? subject = null,
        [Description(Texts.Cursor)] string? cursor = null,
        [Description(Texts.Limit)] int? limit = null)
    {
        var page = PageWish.Of(cursor, limit);
        var entries = await fleet.AuditAsync(subject, MostAudited, cancellationToken);
        return Answer.Of(page.Of(entries, static entry => entry.Id));
    }

    private static async Task<Answer<ApiPage<ClassState>>> ClassesAsync(IFleetServer fleet, CancellationToken cancellationToken) =>
        Answer.Of(ApiPages.All(await fleet.ClassesAsync(cancellationToken)));
}
