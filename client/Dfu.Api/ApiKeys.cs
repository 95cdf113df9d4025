using Dfu.Fleet.AccessKeys;

namespace Dfu.Api;

/// <summary>Asks for an access key.</summary>
/// <param name="Name">Whose it is: 1 to 60 characters that no other key in force has for a name.</param>
/// <param name="ExpiresAt">From then on it is refused; null is never.</param>
public sealed record ApiKeyOrder(string Name, AccessRole Role, DateTimeOffset? ExpiresAt = null);

/// <summary>A key that was made.</summary>
/// <param name="Secret">The whole key as its holder gives it; it is told this once.</param>
public sealed record ApiNewKey(AccessKey Key, string Secret)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => Key.ToString();
}

/// <summary>Who asks, as the server sees them.</summary>
/// <param name="Name">As the audit has it.</param>
/// <param name="Key">The id of the access key; null for the local user, who needs none.</param>
/// <param name="ExpiresAt">When the key is refused; null is never.</param>
public sealed record ApiCaller(string Name, AccessRole Role, string? Key, DateTimeOffset? ExpiresAt);
