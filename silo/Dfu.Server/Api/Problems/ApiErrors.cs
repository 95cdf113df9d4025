using Dfu.Api;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Api.Problems;

/// <summary>Makes a problem of whatever goes wrong below <c>/api</c>: what endpoints throw, and what answers without a word.</summary>
internal sealed class ApiErrors(RequestDelegate next, ILogger<ApiErrors> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Who asked is gone.
            return;
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            await ApiProblems.WriteAsync(http, Explain(e, http));
            return;
        }

        var response = http.Response;
        if (response.HasStarted || response.StatusCode < 400 || response.ContentType is not null || response.ContentLength > 0) return;
        await ApiProblems.WriteAsync(http, OfStatus(http));
    }

    private ApiProblem Explain(Exception e, HttpContext http)
    {
        switch (e)
        {
            case DfuException refusal:
                return ApiProblems.Of(refusal);
            case BadHttpRequestException bad:
                return BadRequests.Explain(bad, http.Request);
            case not null when Outage.Is(e):
                return ApiProblems.Of(DfuError.ServerUnreachable, "a member of the cluster did not answer in time", "Try again in some seconds.");
            default:
                logger.RequestFailed(http.GetEndpoint()?.DisplayName ?? http.Request.Method, e!);
                return ApiProblems.Of(DfuError.Unexpected, "the server could not answer; its log says why", "Please report it with the server's log.");
        }
    }

    /// <remarks>Paths are not told: somebody may have put a key into one.</remarks>
    private static ApiProblem OfStatus(HttpContext http)
    {
        var (status, request) = (http.Response.StatusCode, http.Request);
        return status switch
        {
            StatusCodes.Status401Unauthorized => ApiProblems.Of(DfuError.KeyRefused, "the request names no access key that is in force"),
            StatusCodes.Status403Forbidden => ApiProblems.Of(DfuError.NotAllowed, "the request needs a key that may do more"),
            StatusCodes.Status404NotFound => ApiProblems.Of(
                DfuError.NotFound, "there is nothing at this address", "See /api for what there is.", status),
            StatusCodes.Status405MethodNotAllowed => ApiProblems.Of(
                DfuError.InvalidArgument, $"{request.Method} is not possible here; {http.Response.Headers.Allow} is", null, status),
            StatusCodes.Status413PayloadTooLarge => BadRequests.TooLarge(),
            StatusCodes.Status415UnsupportedMediaType => BadRequests.OtherType(request),
            < 500 => ApiProblems.Of(DfuError.InvalidArgument, $"the request was refused with status {status}", null, status),
            _ => ApiProblems.Of(DfuError.Unexpected, $"the server could not answer, with status {status}", null, status),
        };
    }
}
