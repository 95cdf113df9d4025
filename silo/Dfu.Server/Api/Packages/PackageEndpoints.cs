using System.ComponentModel;
using System.Net.Mime;
using System.Security.Claims;
using System.Security.Cryptography;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.OpenApi;
using Dfu.Server.Api.Problems;
using Dfu.Server.Hosting;
using Dfu.Server.Security;
using Dfu.Silo.Serve;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace Dfu.Server.Api.Packages;

/// <summary>Package files: upload, look, download, delete.</summary>
internal static class PackageEndpoints
{
    /// <summary>Less is nobody's network: who sends so slowly only holds a connection.</summary>
    private static readonly MinDataRate Slowest = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(10));

    private static readonly HashSet<string> Types = [ApiHeaders.Zip, "application/x-zip-compressed", MediaTypeNames.Application.Octet];

    public static void MapPackages(this IEndpointRouteBuilder api)
    {
        var packages = api.MapGroup("/packages").WithTags("Packages");
        packages.MapGet("", ListAsync).Refuses(400)
            .Describe(
                "packages",
                "List the packages that are kept, the last needed first.",
                "Those that were uploaded and those of campaigns, on whatever member; one that nobody needed for 30 days goes by itself.");
        packages.MapPost("", UploadAsync).RequireAuthorization(FleetRoles.Operator).WithBodyLimit(null)
            .Produces<ApiPackage>(StatusCodes.Status201Created).Produces<ApiPackage>(StatusCodes.Status200OK)
            .Refuses(400, 413, 415, 422).TakesIdempotencyKey().TakesZip()
            .Describe(
                "uploadPackage",
                "Upload a package, a zip file.",
                "The file is the body, as it is; its length need not be known before. It is checked wholly before it is kept: 201 for a new one, 200 for one "
                + "that is kept already. What speaks against it, and does not keep anybody from sending it, is in 'doubts'.");
        var one = packages.MapGroup("/{package}");
        one.MapGet("", ShowAsync).Refuses(404, 422).Describe("package", "Tell what a package holds, and what speaks against it.");
        one.MapGet("/file", FileAsync).Refuses(404).Produces<byte[]>(StatusCodes.Status200OK, ApiHeaders.Zip)
            .Describe("packageFile", "Download a package as it was uploaded.");
        one.MapDelete("", DeleteAsync).RequireAuthorization(FleetRoles.Operator).Produces(StatusCodes.Status204NoContent).Refuses(404, 409)
            .Describe(
                "deletePackage",
                "Delete a package that no unfinished campaign needs.",
                "Campaigns that are over keep their results; their failed devices cannot be tried again without it.");
    }

    private static async Task<Answer<ApiPage<ApiPackageEntry>>> ListAsync(
        IFleetServer fleet,
        PackageDesk desk,
        CancellationToken cancellationToken,
        [Description(Texts.Cursor)] string? cursor = null,
        [Description(Texts.Limit)] int? limit = null)
    {
        var page = PageWish.Of(cursor, limit).Of(await fleet.PackagesAsync(cancellationToken), static kept => kept.Id);
        var campaigns = await fleet.CampaignsAsync(cancellationToken);
        var entries = await Task.WhenAll(page.Items.Select(kept => desk.EntryAsync(kept, campaigns, cancellationToken)));
        return Answer.Of(new ApiPage<ApiPackageEntry>([.. entries], page.Next));
    }

    private static async Task<IResult> UploadAsync(
        HttpContext http,
        ClaimsPrincipal user,
        IFleetServer fleet,
        PackageDesk desk,
        UploadKeys keys,
        WebSettings settings,
        ServedSilo silo,
        CancellationToken cancellationToken)
    {
        var (request, by, most) = (http.Request, FleetSecurity.NameOf(user), settings.MaxUploadBytes);
        var key = IdempotencyKeys.Of(request, by);
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !Types.Contains(type.MediaType.Value!.ToLowerInvariant()))
            return new Refusal(BadRequests.OtherType(request));
        if (request.ContentLength > most) return new Refusal(BadRequests.TooLarge(most));
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = Slowest;
        await using var upload = await Upload.ReceiveAsync(request.Body, Upload.Directory(silo), most, cancellationToken);
        if (upload is null) return new Refusal(BadRequests.TooLarge(most));
        var known = await fleet.PackagesAsync(cancellationToken);
        var package = await desk.TakeAsync(
            async token =>
            {
                var file = await upload.LoadAsync(token);
                keys.Check(key, Convert.ToHexStringLower(SHA256.HashData(file)));
                return file;
            },
            by,
            cancellationToken);
        keys.Remember(key, package.Id);
        return known.Any(kept => kept.Id == package.Id) ? TypedResults.Ok(package) : TypedResults.Created(ApiRoutes.Package(package.Id), package);
    }

    private static async Task<Answer<ApiPackage>> ShowAsync(string package, PackageDesk desk, CancellationToken cancellationToken) =>
        Answer.Of(await desk.ShowAsync(package, cancellationToken));

    private static async Task<FileContentHttpResult> FileAsync(string package, PackageDesk desk, CancellationToken cancellationToken) =>
        TypedResults.File(await desk.FileAsync(package, cancellationToken), ApiHeaders.Zip, $"{package}.zip", entityTag: new($"\"{package}\""));

    private static async Task<NoContent> DeleteAsync(string package, ClaimsPrincipal user, PackageDesk desk, CancellationToken cancellationToken)
    {
        await desk.DeleteAsync(package, FleetSecurity.NameOf(user), cancellationToken);
        return TypedResults.NoContent();
    }
}
