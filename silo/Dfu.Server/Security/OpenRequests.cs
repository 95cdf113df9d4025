using System.Collections.Concurrent;
using System.Security.Claims;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Security;

/// <summary>
/// Requests under way for holders of keys: pages' connections, event streams, downloads. One whose key is revoked or has expired, or whose session
/// has ended, is broken off within seconds.
/// </summary>
internal sealed class OpenRequests : IDisposable
{
    private readonly ConcurrentDictionary<Open, bool> _open = [];
    private readonly KnownKeys _keys;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _looking;

    public OpenRequests(KnownKeys keys, TimeProvider time)
    {
        (_keys, _time) = (keys, time);
        _timer = time.CreateTimer(_ => Background.Run("look after open requests", LookAsync()), null, KnownKeys.Every, KnownKeys.Every);
    }

    /// <returns>To be disposed of before the request's end; null when its caller needs no key.</returns>
    public IDisposable? Watch(HttpContext context)
    {
        if (Caller.KeyOf(context.User) is not { } key) return null;
        var session = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        var open = new Open(this, context, key, session);
        _open[open] = true;
        return open;
    }

    /// <summary>Whether who was let in is let in still.</summary>
    /// <exception cref="DfuException">ServerUnreachable.</exception>
    public async ValueTask<bool> IsInForceAsync(ClaimsPrincipal user, CancellationToken cancellationToken) =>
        Caller.KeyOf(user) is not { } key || (await _keys.ReadAsync(cancellationToken)).InForce(key, _time.GetUtcNow()) is not null;

    public void Dispose() => _timer.Dispose();

    private async Task LookAsync()
    {
        if (_open.IsEmpty || Interlocked.Exchange(ref _looking, 1) == 1) return;
        try
        {
            var ring = await _keys.ReadAsync(CancellationToken.None);
            var now = _time.GetUtcNow();
            foreach (var (open, _) in _open)
            {
                if (open.Session <= now || ring.InForce(open.Key, now) is null) open.Abort();
            }
        }
        catch (DfuException e) when (e.Error == DfuError.ServerUnreachable)
        {
            // Said by KnownKeys. Nothing new is let in meanwhile, and no key can be revoked.
        }
        finally
        {
            _looking = 0;
        }
    }

    /// <summary>A request's context is another request's when it has ended: it is aborted before that or not at all.</summary>
    private sealed class Open(OpenRequests all, HttpContext context, string key, DateTimeOffset? session) : IDisposable
    {
        private readonly Lock _lock = new();
        private HttpContext? _context = context;

        public string Key => key;

        public DateTimeOffset? Session => session;

        public void Abort()
        {
            lock (_lock) _context?.Abort();
        }

        public void Dispose()
        {
            lock (_lock) _context = null;
            all._open.TryRemove(this, out _);
        }
    }
}
