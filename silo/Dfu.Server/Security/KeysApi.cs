using System.ComponentModel;
using System.Security.Claims;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.AccessKeys;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dfu.Server.Security;

/// <summary>Access keys over HTTP, for admins; and who the caller is, for everybody.</summary>
internal static class KeysApi
{
    private const string Tag = "Access keys";

    /// <summary>A key that is made is answered once: no idempotency key brings its secret back.</summary>
    public static void MapKeysApi(this IEndpointRouteBuilder app)
    {
        app.MapGet(ApiRoutes.Me, static (ClaimsPrincipal user) =>
                TypedResults.Ok(new ApiCaller(FleetSecurity.NameOf(user), Caller.RoleOf(user), Caller.KeyOf(user), Caller.EndOf(user))))
            .RequireAuthorization(FleetRoles.Viewer)
            .WithTags(Tag)
            .Describe("whoAmI", "Tell who the one who asks is to this server.")
            .Refuses();

        var keys = app.MapGroup(ApiRoutes.Keys).RequireAuthorization(FleetRoles.Admin).WithTags(Tag).WithBodyLimit(BodyLimit.Usual);
        keys.MapGet("", static async Task<Ok<ApiPage<AccessKey>>> (IFleetServer fleet, CancellationToken cancellationToken) =>
                TypedResults.Ok(ApiPages.All(await fleet.AccessKeysAsync(cancellationToken))))
            .Refuses()
            .Describe("listKeys", "List access keys.", "In the order in which they were made, those included that are not in force any more.");
        keys.MapPost("", static async Task<Created<ApiNewKey>> (ApiKeyOrder order, IFleetServer fleet, ClaimsPrincipal user, CancellationToken cancellationToken) =>
            {
                var made = await fleet.CreateAccessKeyAsync(new(order.Name, order.Role, order.ExpiresAt, FleetSecurity.NameOf(user)), cancellationToken);
                return TypedResults.Created(ApiRoutes.Key(made.Key.Id), new ApiNewKey(made.Key, made.Secret));
            })
            .Refuses(StatusCodes.Status400BadRequest, StatusCodes.Status409Conflict)
            .Describe("makeKey", "Make an access key.", "Its secret is in this answer and nowhere else.");
        keys.MapDelete("/{key}", static async Task<Ok<ApiDone>> (
                [Description("Its id or name.")] string key, IFleetServer fleet, ClaimsPrincipal user, CancellationToken cancellationToken) =>
                TypedResults.Ok(new ApiDone(await fleet.RevokeAccessKeyAsync(key, FleetSecurity.NameOf(user), cancellationToken))))
            .Refuses(StatusCodes.Status404NotFound)
            .Describe(
                "revokeKey", "Revoke an access key, by its id or name.", "It opens nothing any more within seconds, and what it has open is closed.");
    }
}
