using Dfu.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace Dfu.Server.Api.OpenApi;

/// <summary>What the OpenAPI document says of an endpoint besides its types.</summary>
internal static class Described
{
    /// <param name="name">Unique; generated clients call the request by it.</param>
    /// <param name="summary">What it does, one sentence.</param>
    /// <param name="description">What the types do not say.</param>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, string description = "")
    {
        endpoint.WithName(name).WithSummary(summary);
        return description.Length == 0 ? endpoint : endpoint.WithDescription(description);
    }

    /// <summary>Statuses with which it answers a problem instead, beside those that every request may be answered with.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (var status in (int[])[.. statuses, 401, 403, 429, 500, 503]) endpoint.Produces<ApiProblem>(status, ApiHeaders.Problem);
        return endpoint;
    }

    public static RouteHandlerBuilder TakesIdempotencyKey(this RouteHandlerBuilder endpoint) => endpoint.TakesHeader(
        ApiHeaders.IdempotencyKey, "The same key with the same request is carried out once and answered alike; with another request it is refused (422).");

    public static RouteHandlerBuilder TakesIfMatch(this RouteHandlerBuilder endpoint) =>
        endpoint.TakesHeader("If-Match", "An ETag of the campaign; when it stands differently by now nothing is done (412).");

    public static RouteHandlerBuilder TakesLastEventId(this RouteHandlerBuilder endpoint) =>
        endpoint.TakesHeader(ApiHeaders.LastEventId, "The id of the last event that was read, at this member or another: the stream goes on after it.");

    /// <summary>The body is a zip file, as it is.</summary>
    public static RouteHandlerBuilder TakesZip(this RouteHandlerBuilder endpoint) => endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [ApiHeaders.Zip] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } },
            },
        };
        return Task.CompletedTask;
    });

    private static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder endpoint, string name, string description) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name, In = ParameterLocation.Header, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            return Task.CompletedTask;
        });
}
