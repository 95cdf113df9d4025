using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Security;

/// <summary>Has a live page know within seconds that its key is not in force any more: it says so then, before its connection is broken off.</summary>
internal sealed class CircuitAccess(ILoggerFactory log, OpenRequests requests) : RevalidatingServerAuthenticationStateProvider(log)
{
    protected override TimeSpan RevalidationInterval => KnownKeys.Every;

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        try
        {
            return await requests.IsInForceAsync(authenticationState.User, cancellationToken);
        }
        catch (DfuException e) when (e.Error == DfuError.ServerUnreachable)
        {
            return true; // nobody can tell; what the page asks for fails too
        }
    }
}
