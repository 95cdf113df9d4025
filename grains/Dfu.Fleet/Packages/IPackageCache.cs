namespace Dfu.Fleet.Packages;

/// <summary>Package files kept on this host's disk, by SHA-256. A cache: it may forget.</summary>
public interface IPackageCache
{
    /// <summary>Null when it is not here, or no longer whole.</summary>
    Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken);

    Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken);
}
