using Dfu.Protocol.Errors;

namespace Dfu.Server.Api.Packages;

/// <summary>
/// The last idempotency keys of uploads on this member. A package is called by its bytes, so the same upload is answered alike without a key, by
/// every member and after a restart; all that is kept here is which bytes a key was for.
/// </summary>
internal sealed class UploadKeys
{
    private const int Most = 1000;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _packages = [];
    private readonly Queue<string> _order = [];

    /// <param name="key">Empty for none.</param>
    /// <exception cref="DfuException">IdempotencyKeyReused.</exception>
    public void Check(string key, string package)
    {
        lock (_gate)
        {
            if (_packages.TryGetValue(key, out var before) && before != package)
                throw new DfuException(DfuError.IdempotencyKeyReused, $"the idempotency key was given before with the package {before}");
        }
    }

    /// <summary>The package was taken.</summary>
    public void Remember(string key, string package)
    {
        if (key.Length == 0) return;
        lock (_gate)
        {
            if (!_packages.TryAdd(key, package)) return;
            _order.Enqueue(key);
            if (_order.Count > Most) _packages.Remove(_order.Dequeue());
        }
    }
}
