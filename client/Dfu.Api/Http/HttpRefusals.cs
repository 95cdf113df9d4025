using System.Collections.Frozen;
using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Api.Http;

/// <summary>What an answer that is no result means to the caller.</summary>
internal static class HttpRefusals
{
    private const int MostShown = 200;

    private static readonly FrozenDictionary<string, DfuError> Codes =
        Enum.GetValues<DfuError>().ToFrozenDictionary(static error => error.Code(), StringComparer.Ordinal);

    /// <summary>Reads an answer without success, or one that is not the API's.</summary>
    /// <param name="place">The server's address, for people.</param>
    public static DfuException Of(HttpStatusCode status, string? mediaType, string body, string place, Uri? location)
    {
        if (mediaType == ApiHeaders.Problem && Read(body) is { } problem) return Of(problem, place);
        if ((int)status is >= 300 and < 400 && location is not null)
        {
            return new(DfuError.InvalidArgument, $"{place} sends to {location}")
            {
                Remedy = "Give that address, as far as it is the server's.",
            };
        }

        return status switch
        {
            _ when IsOutage(status) =>
                new(DfuError.ServerUnreachable, $"no server answers behind {place}: the proxy says {(int)status}"),
            HttpStatusCode.RequestEntityTooLarge => new(DfuError.PackageTooLarge, $"{place} does not take so large a request"),
            _ => Stranger(place, $"it answers {(int)status}{(mediaType is null ? "" : $" with {mediaType}")}"),
        };
    }

    /// <summary>Who answers says that nobody is there now.</summary>
    public static bool IsOutage(HttpStatusCode status) =>
        status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>For who finds something else than a server of this kind.</summary>
    public static DfuException Stranger(string place, string how) =>
        new(DfuError.ServerUnreachable, $"what answers at {place} is no dfu server, or an older one: {how}")
        {
            Remedy = "Check the address; 'dfu serve' says it when it is ready.",
        };

    public static DfuException Of(ApiProblem problem, string place)
    {
        var detail = problem.Detail ?? problem.Title ?? $"{place} refuses";
        return problem.Code is { } code && Codes.TryGetValue(code, out var error)
            ? new(error, detail) { Remedy = problem.Remedy == ApiProblem.UsualRemedy(error) ? null : problem.Remedy }
            : new(DfuError.Unexpected, problem.Code is null ? detail : $"{detail} ({problem.Code})")
            {
                Remedy = problem.Remedy ?? "The server may be newer than this program: use its version.",
            };
    }

    /// <summary>No answer came.</summary>
    public static DfuException Silence(Exception outage, string place)
    {
        for (var cause = outage; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case DfuException said:
                    return said;
                case AuthenticationException refused:
                    return new(DfuError.CertificateRefused, $"the certificate of {place} is not trusted: {Short(refused.Message)}", outage)
                    {
                        Remedy = "Give the authority it is of, or the certificate itself, by --server-ca FILE.",
                    };
                case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }:
                    return new(DfuError.ServerUnreachable, $"there is no host of the name in {place}", outage) { Remedy = "Check the address." };
                case HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }:
                    return Stranger(place, "it does not speak HTTP there");
            }
        }

        return new(DfuError.ServerUnreachable, $"no server answers at {place}", outage);
    }

    /// <summary>Does not come with time.</summary>
    public static bool IsHopeless(Exception outage)
    {
        for (var cause = outage; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException or HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }) return true;
        }

        return false;
    }

    private static ApiProblem? Read(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<ApiProblem>(body, ApiJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Short(string message) => message.Length <= MostShown ? message.TrimEnd('.') : message[..MostShown];
}
