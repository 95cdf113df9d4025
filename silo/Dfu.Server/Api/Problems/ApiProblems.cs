using System.Text.Json;
using Dfu.Api;
using Dfu.Fleet.AccessKeys;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Api.Problems;

/// <summary>Writes what went wrong: our code, its sentence, what happened, what to do.</summary>
internal static class ApiProblems
{
    private const int LongestDetail = 1000;

    /// <param name="detail">Made one line of bounded length: what a client sent may be in it.</param>
    /// <param name="status">The usual one of the error when null.</param>
    public static ApiProblem Of(DfuError error, string detail, string? remedy = null, int? status = null)
    {
        var (sentence, _) = ErrorCatalog.Describe(error);
        return new(
            $"urn:dfu:error:{error.Code()}",
            sentence,
            status ?? ErrorStatus.Of(error),
            Line(AccessSecret.Hide(detail)),
            error.Code(),
            remedy ?? ApiProblem.UsualRemedy(error));
    }

    public static ApiProblem Of(DfuException e) => Of(e.Error, e.Message, e.Remedy);

    /// <summary>Answers with it; what was answered so far is taken back.</summary>
    public static Task WriteAsync(HttpContext http, ApiProblem problem)
    {
        var response = http.Response;
        response.StatusCode = problem.Status!.Value;
        response.ContentType = ApiHeaders.Problem;
        response.Headers.CacheControl = "no-store";
        response.Headers.ETag = default;
        var json = JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Options);
        response.ContentLength = json.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(json, http.RequestAborted).AsTask();
    }

    private static string Line(string detail)
    {
        var line = string.Concat(detail.Take(LongestDetail).Select(static character => char.IsControl(character) ? ' ' : character));
        return line.Length < detail.Length ? line + "…" : line;
    }
}
