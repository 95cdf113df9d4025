using Dfu.Api;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Api.Problems;

/// <summary>A problem as an endpoint's answer.</summary>
internal sealed class Refusal(ApiProblem problem) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => ApiProblems.WriteAsync(httpContext, problem);
}
