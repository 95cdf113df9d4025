using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Net.Http.Headers;

namespace Dfu.Server.Api.Problems;

/// <summary>
/// Answers below <c>/api</c> what no endpoint takes, where the console would show a page: there is nothing, or something that takes other methods or
/// another type of body.
/// </summary>
internal static class NothingThere
{
    public const string Pattern = "/api/{**rest}";

    public static void Answer(HttpContext http, EndpointDataSource endpoints)
    {
        List<string> methods =
        [
            .. endpoints.Endpoints.OfType<RouteEndpoint>().Where(endpoint => Has(endpoint, http.Request.Path))
                .SelectMany(static endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Distinct().Order(StringComparer.Ordinal),
        ];
        var response = http.Response;
        if (methods.Count == 0)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var isMethod = methods.Contains(http.Request.Method, StringComparer.OrdinalIgnoreCase);
        response.StatusCode = isMethod ? StatusCodes.Status415UnsupportedMediaType : StatusCodes.Status405MethodNotAllowed;
        if (!isMethod) response.Headers[HeaderNames.Allow] = string.Join(", ", methods);
    }

    private static bool Has(RouteEndpoint endpoint, PathString path) =>
        endpoint.RoutePattern.RawText is { } pattern and not Pattern && pattern.StartsWith("/api/", StringComparison.Ordinal)
        && new TemplateMatcher(TemplateParser.Parse(pattern), []).TryMatch(path, []);
}
