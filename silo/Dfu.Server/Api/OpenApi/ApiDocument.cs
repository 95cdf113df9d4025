using Dfu.Api;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Server.Api.OpenApi;

/// <summary>The API's own description.</summary>
internal static class ApiDocument
{
    public const string Name = "v1";

    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi(Name, static options =>
    {
        options.ShouldInclude = static endpoint => $"/{endpoint.RelativePath}".StartsWith(ApiRoutes.Root, StringComparison.Ordinal);
        options.AddSchemaTransformer<Schemas>();
        options.AddDocumentTransformer<DocumentHead>();
    });

    public static void MapApiDocument(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi(ApiRoutes.OpenApi).RequireAuthorization(FleetRoles.Viewer);
        app.MapApiReference();
    }
}
