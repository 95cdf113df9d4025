using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace Dfu.Server.Api.Answers;

/// <param name="MaxRequestBodySize">Bytes; null leaves it to the endpoint.</param>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    /// <summary>Enough for 20,000 devices with all their labels.</summary>
    public const long Campaign = 8 << 20;

    /// <summary>Enough for a list of devices to retry.</summary>
    public const long Usual = 1 << 20;
}

internal static class BodyLimits
{
    public static TBuilder WithBodyLimit<TBuilder>(this TBuilder endpoint, long? bytes)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new BodyLimit(bytes));
}
