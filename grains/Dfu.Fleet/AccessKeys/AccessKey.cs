namespace Dfu.Fleet.AccessKeys;

/// <summary>What the holder of a key may do; each may what the one before may.</summary>
public enum AccessRole
{
    /// <summary>May look.</summary>
    Viewer,

    /// <summary>May start and control campaigns, and control adapters.</summary>
    Operator,

    /// <summary>May make and revoke keys.</summary>
    Admin,
}

/// <summary>A key that somebody reaches the fleet with over the network, without its secret.</summary>
/// <param name="Id">Eight letters and digits, also a part of the secret: what lists, logs and the audit call it by.</param>
/// <param name="Name">Whose it is, for people; no two keys in force have the same.</param>
/// <param name="MadeBy">Who made it, as in the audit.</param>
public sealed record AccessKey(string Id, string Name, AccessRole Role, DateTimeOffset MadeAt, string MadeBy)
{
    /// <summary>From then on it is refused; null is never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Null when it is not revoked.</summary>
    public string? RevokedBy { get; init; }

    /// <summary>To the hour; null when it was never used.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>It opens the fleet.</summary>
    public bool IsInForce(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);
}

/// <summary>A key that somebody wants.</summary>
/// <param name="ExpiresAt">Null is never.</param>
/// <param name="By">Who wants it, for the audit.</param>
public sealed record AccessKeyRequest(string Name, AccessRole Role, DateTimeOffset? ExpiresAt, string By);

/// <summary>A key that was made.</summary>
/// <param name="Secret">The whole key as its holder gives it. Nobody keeps it: this is the only time that it is known.</param>
public sealed record NewAccessKey(AccessKey Key, string Secret)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => Key.ToString();
}
