using Dfu.Protocol.Errors;
using Dfu.Reports;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Dfu.Server.Security;

/// <summary>The page on which a key is exchanged for a session, and the way out of one. They work without scripts.</summary>
internal static class SignIn
{
    public const string Path = "/sign-in";
    public const string OutPath = "/sign-out";
    public const string Key = "key";
    public const string Stay = "stay";
    public const string ReturnUrl = "returnUrl";
    private const int MostFormBytes = 8 * 1024;

    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        app.MapGet(Path, static (HttpContext context, IAntiforgery antiforgery, string? returnUrl) =>
            Page(context, antiforgery, returnUrl, null)).AllowAnonymous();
        app.MapPost(Path, TryAsync).AllowAnonymous().WithMetadata(new RequestSizeLimitAttribute(MostFormBytes)).DisableAntiforgery();
        app.MapPost(OutPath, static async context =>
        {
            await context.SignOutAsync(Sessions.Scheme);
            context.Response.Redirect(Path);
        }).AllowAnonymous().WithMetadata(new RequestSizeLimitAttribute(MostFormBytes));
    }

    /// <summary>
    /// Sends somebody who wants a page to sign in first. Who follows a link from elsewhere may be signed in: their browser keeps the cookie to itself until
    /// one of our own pages asks again.
    /// </summary>
    public static Task AskAsync(HttpContext context)
    {
        var wanted = context.Request.PathBase + context.Request.Path + context.Request.QueryString.Value;
        if (context.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
            return new RazorComponentResult<FollowPage>(new { Url = Local(wanted) }).ExecuteAsync(context);
        context.Response.Redirect($"{Path}?{ReturnUrl}={Uri.EscapeDataString(wanted)}");
        return Task.CompletedTask;
    }

    /// <summary>A path of this server; <c>/</c> for whatever else somebody has put into a link.</summary>
    public static string Local(string? url) => url is ['/', ..] and not ['/', '/', ..] && !url.Contains('\\') && !url.Any(char.IsControl) ? url : "/";

    private static async Task<IResult> TryAsync(HttpContext context, IAntiforgery antiforgery, AccessChecks checks, TimeProvider time)
    {
        try
        {
            if (!await antiforgery.IsRequestValidAsync(context))
                return Page(context, antiforgery, null, "This page was open for too long. Give the key again.");
        }
        catch (AntiforgeryValidationException e) when (e.InnerException is IOException or InvalidDataException)
        {
            return Page(context, antiforgery, null, "What was sent is no form of this page. Give the key again.", StatusCodes.Status400BadRequest);
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var returnUrl = form[ReturnUrl].ToString();
        var (key, why) = await checks.CheckAsync(form[Key].ToString().Trim(), context.RequestAborted);
        if (key is null)
        {
            if (checks.Count(context) is not { } wait) return Page(context, antiforgery, returnUrl, Format.Sentence(why!), StatusCodes.Status401Unauthorized);
            context.Response.Headers.RetryAfter = Refusals.RetryAfter(wait);
            var (sentence, _) = ErrorCatalog.Describe(DfuError.TooManyAttempts);
            return Page(context, antiforgery, returnUrl, sentence, StatusCodes.Status429TooManyRequests);
        }

        var stays = form[Stay].Count > 0;
        var properties = new AuthenticationProperties { IsPersistent = stays, ExpiresUtc = time.GetUtcNow() + (stays ? Sessions.Long : Sessions.Shift) };
        await context.SignInAsync(Sessions.Scheme, Caller.Of(key), properties);
        context.Response.StatusCode = StatusCodes.Status303SeeOther; // the key is not sent again
        context.Response.Headers.Location = Local(returnUrl);
        return Results.Empty;
    }

    private static RazorComponentResult<SignInPage> Page(
        HttpContext context, IAntiforgery antiforgery, string? returnUrl, string? flaw, int status = StatusCodes.Status200OK) =>
        new(new { Tokens = antiforgery.GetAndStoreTokens(context), ReturnUrl = Local(returnUrl), Flaw = flaw, User = context.User.Identity?.Name })
        {
            StatusCode = status,
        };
}
