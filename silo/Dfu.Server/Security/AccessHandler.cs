using System.Text.Encodings.Web;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dfu.Server.Security;

/// <summary>
/// Finds out who asks: by the key in the Authorization header, else by the session in a cookie, else by the connection, for who sits at this machine
/// needs no key. A header that is there counts and nothing else then.
/// </summary>
internal sealed class AccessHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessChecks checks)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "access";
    private const string Bearer = "Bearer ";

    private string? _refused;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization is { Count: > 0 } headers)
        {
            var header = headers.Count == 1 ? headers[0]! : "";
            var given = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
            var (key, why) = await checks.CheckAsync(given, Context.RequestAborted);
            _refused = why;
            return key is null ? AuthenticateResult.Fail(why!) : AuthenticateResult.Success(new(Caller.Of(key), Scheme));
        }

        var session = await Context.AuthenticateAsync(Sessions.Scheme);
        if (session.Succeeded) return AuthenticateResult.Success(new(session.Principal, session.Properties, Scheme));
        return Context.Features.Get<Connected>() is { IsLocal: true }
            ? AuthenticateResult.Success(new(Caller.Local, Scheme))
            : AuthenticateResult.NoResult();
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await AuthenticateAsync();
        if (_refused is { } why)
        {
            await Refusals.WrongKeyAsync(Context, checks.Count(Context), why);
            return;
        }

        if (Refusals.IsPage(Context))
        {
            await SignIn.AskAsync(Context);
            return;
        }

        Response.Headers.WWWAuthenticate = "Bearer";
        await Refusals.WriteAsync(Context, StatusCodes.Status401Unauthorized, new(DfuError.KeyRefused, "the request has no access key"));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var needed = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<Microsoft.AspNetCore.Authorization.IAuthorizeData>()
            .Select(static data => data.Policy).OfType<string>().MaxBy(static policy => FleetRoles.All.ToList().IndexOf(policy));
        return Refusals.WriteAsync(
            Context,
            StatusCodes.Status403Forbidden,
            new(
                DfuError.NotAllowed,
                $"{Context.User.Identity?.Name} is {A(FleetRoles.Of(Caller.RoleOf(Context.User)))}, and this takes {A(needed ?? "other")}"));
    }

    private static string A(string role) => role[0] is 'a' or 'o' ? $"an {role}" : $"a {role}";
}
