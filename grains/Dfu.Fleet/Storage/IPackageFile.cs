namespace Dfu.Fleet.Storage;

/// <summary>A package's file in its storage. Each write and each clearing says which version it follows.</summary>
public interface IPackageFile
{
    /// <returns>Empty when nothing is stored.</returns>
    Task<byte[]> ReadAsync();

    /// <summary>Durable when it returns.</summary>
    Task WriteAsync(byte[] file);

    /// <summary>Nothing is stored when it returns.</summary>
    Task ClearAsync();
}
