using System.ComponentModel;
using System.Security.Claims;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.OpenApi;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dfu.Server.Api.Adapters;

/// <summary>The adapters of all members.</summary>
internal static class AdapterEndpoints
{
    private const string Which = "As the list names it: member/adapter.";

    public static void MapAdapters(this IEndpointRouteBuilder api)
    {
        var adapters = api.MapGroup("/adapters").WithTags("Adapters");
        adapters.MapGet("", ListAsync).Refuses().Describe("adapters", "List the adapters of all members, open or not.");
        adapters.MapGet("/{**adapter}", ShowAsync).Refuses(404).Describe("adapter", "Tell everything about one adapter.");
        adapters.MapPost("/{**adapter}", ControlAsync).RequireAuthorization(FleetRoles.Operator).Refuses(400, 404, 409, 413, 415)
            .Describe(
                "controlAdapter",
                "Drain, resume, reset or test an adapter.",
                "What was asked for is durable when this answers; a reset and a self-test have ended then, or take longer than 20 s. A self-test that the "
                + "adapter does not pass is answered with 409 and the code adapterLost.");
    }

    private static async Task<Answer<ApiPage<AdapterView>>> ListAsync(IFleetServer fleet, CancellationToken cancellationToken) =>
        Answer.Of(ApiPages.All(await fleet.AdaptersAsync(cancellationToken)));

    private static async Task<Answer<ApiAdapter>> ShowAsync([Description(Which)] string adapter, IFleetServer fleet, CancellationToken cancellationToken)
    {
        var id = adapter.Unescaped();
        var view = (await fleet.AdaptersAsync(cancellationToken)).FirstOrDefault(view => view.Id == id)
            ?? throw new DfuException(DfuError.NotFound, $"no member has an adapter {id}");
        return Answer.Of(new ApiAdapter(view, await fleet.AdapterAsync(id, cancellationToken)));
    }

    private static async Task<ApiDone> ControlAsync(
        [Description(Which)] string adapter, ApiAdapterControl control, ClaimsPrincipal user, IFleetServer fleet, CancellationToken cancellationToken) =>
        new(await fleet.ControlAsync(adapter.Unescaped(), new AdapterControl(control.Kind, FleetSecurity.NameOf(user)), cancellationToken));
}
