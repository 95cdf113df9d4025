using System.Globalization;
using Dfu.Fleet.AccessKeys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Security;

/// <summary>Checks keys that somebody gives, in a header or on the page for it.</summary>
internal sealed class AccessChecks(KnownKeys keys, FailedKeys failed, TimeProvider time, ILogger<AccessChecks> log)
{
    /// <returns>The key, if it is in force; else why not. Only who has the whole key is told more than that it is wrong.</returns>
    public async Task<(AccessKey? Key, string? Why)> CheckAsync(string? secret, CancellationToken cancellationToken)
    {
        if (!AccessSecret.TryParse(secret, out _)) return (null, AccessSecret.NoKey);
        var known = (await keys.ReadAsync(cancellationToken)).Match(secret) ?? (await keys.ReadAnewAsync(cancellationToken)).Match(secret);
        if (known is not { } key) return (null, "there is no such access key");
        if (key.RevokedAt is not null) return (null, $"the access key '{key.Name}' ({key.Id}) was revoked");
        if (!key.IsInForce(time.GetUtcNow()))
            return (null, $"the access key '{key.Name}' ({key.Id}) expired on {key.ExpiresAt?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}");
        keys.Used(key);
        return (key, null);
    }

    /// <summary>Counts a wrong key, and has it in the log as long as there are not too many.</summary>
    /// <returns>How long nothing of this address is answered; null when it is.</returns>
    public TimeSpan? Count(HttpContext context)
    {
        var wait = failed.Count(context.Connection.RemoteIpAddress);
        if (wait is null) log.KeyRefused(context.Connection.RemoteIpAddress);
        return wait;
    }
}
