using System.Globalization;
using Dfu.Protocol.Errors;
using Dfu.Server.Api;
using Dfu.Server.Api.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dfu.Server.Security;

/// <summary>Says no: a problem to programs, a page to people.</summary>
internal static class Refusals
{
    /// <summary>Somebody looks at what comes back.</summary>
    public static bool IsPage(HttpContext context) => !context.Request.Path.StartsWithSegments(FleetApi.Root) && HttpMethods.IsGet(context.Request.Method)
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    public static async Task WriteAsync(HttpContext context, int status, DfuException refusal)
    {
        if (context.Response.HasStarted) return;
        var problem = ApiProblems.Of(refusal.Error, refusal.Message, refusal.Remedy, status);
        if (IsPage(context)) await new RazorComponentResult<RefusedPage>(new { Problem = problem }) { StatusCode = status }.ExecuteAsync(context);
        else await ApiProblems.WriteAsync(context, problem);
    }

    /// <param name="wait">Not null when there were too many.</param>
    public static Task WrongKeyAsync(HttpContext context, TimeSpan? wait, string why)
    {
        if (wait is not { } time)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
            return WriteAsync(context, StatusCodes.Status401Unauthorized, new(DfuError.KeyRefused, why));
        }

        context.Response.Headers.RetryAfter = RetryAfter(time);
        return WriteAsync(context, StatusCodes.Status429TooManyRequests, new(DfuError.TooManyAttempts, "too many wrong access keys came from this address"));
    }

    public static string RetryAfter(TimeSpan wait) => Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
