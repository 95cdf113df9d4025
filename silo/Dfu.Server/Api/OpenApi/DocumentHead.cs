using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Dfu.Server.Api.OpenApi;

/// <summary>What holds for every request.</summary>
internal sealed class DocumentHead : IOpenApiDocumentTransformer
{
    private const string Key = "accessKey";

    /// <summary>In the order in which somebody new needs them.</summary>
    private static readonly string[] Tags = ["Packages", "Campaigns", "Devices", "Adapters", "Fleet", "Access keys"];

    private const string Description =
        """
        Updates of nRF5 devices over Bluetooth LE: packages, campaigns, devices, adapters.

        - Requests and answers are JSON with members and enumerations in camelCase. A member that a request has and the server does not know is refused;
          one that is missing has its default. An answer may have more members than are described: skip them.
        - Addresses are written `C0:98:76:54:32:10`, spans of time `[d.]hh:mm:ss[.fffffff]` (two minutes are `00:02:00`), moments in ISO 8601, sizes in bytes,
          rates in bytes per second, signals in dBm.
        - Everything that goes wrong is answered with `application/problem+json` (RFC 9457): `code` is one of docs/errors.md, `remedy` says what to do.
        - Lists come in pages: `next` of one, given as `cursor`, asks for what comes after; null is the end.
        - What is read has an ETag: with If-None-Match what has not changed is answered with 304.
        """;

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new() { Title = "Dfu.Orleans", Version = ApiDocument.Name, Description = Description };
        document.Servers = [new() { Url = "/" }];
        document.Tags = new HashSet<OpenApiTag>(Tags.Select(static tag => new OpenApiTag { Name = tag }));
        document.Components ??= new();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Key] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An access key; none is needed on the server's own machine.",
        };
        document.Security = [new() { [new OpenApiSecuritySchemeReference(Key, document)] = [] }];
        return Task.CompletedTask;
    }
}
