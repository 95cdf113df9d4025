using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Peers;
using Orleans.Concurrency;
using Orleans.Serialization.Cloning;

namespace Dfu.Grains;

/// <summary>The keys by which people and programs reach the fleet over HTTP; one, key 0. It is told hashes of secrets, never a secret.</summary>
[Alias("dfu.access-keys")]
public interface IAccessKeysGrain : IGrainWithIntegerKey
{
    /// <summary>Keeps a key. Durable when it returns.</summary>
    [Alias("Add")]
    Task<ControlAnswer> AddAsync(HeldKey key);

    /// <summary>Lets a key open nothing any more. Durable when it returns; members notice it within seconds.</summary>
    /// <param name="key">Its id or name.</param>
    /// <param name="by">Who wants it, for the audit.</param>
    [Alias("Revoke")]
    Task<ControlAnswer> RevokeAsync(string key, string by);

    /// <summary>From members: a key was used. Kept to the hour.</summary>
    [Alias("Used")]
    Task UsedAsync(string id);

    /// <summary>All keys, in the order in which they were made.</summary>
    /// <param name="known">The revision that the caller has; -1 is none.</param>
    /// <returns>Null when it is the newest.</returns>
    [Alias("Read"), AlwaysInterleave]
    Task<AccessKeyRing?> ReadAsync(int known);
}

[RegisterConverter]
public sealed class HeldKeyConverter : DocumentConverter<HeldKey>;

[RegisterConverter]
public sealed class AccessKeyRingConverter : DocumentConverter<AccessKeyRing>;

[RegisterCopier]
public sealed class HeldKeyCopier : ShallowCopier<HeldKey>;

[RegisterCopier]
public sealed class AccessKeyRingCopier : ShallowCopier<AccessKeyRing>;
