namespace Dfu.Fleet.Storage;

/// <summary>A package's file in its storage. Each write and each clearing says which version it follows.</summary>
public interface IPackageFile
{
    /// <summary>As it was read, or is to be written; empty when nothing is stored.</summary>
    byte[] Bytes { get; set; }

    Task ReadAsync();

    /// <summary>Durable when it returns.</summary>
    Task WriteAsync();

    /// <summary>Nothing is stored when it returns.</summary>
    Task ClearAsync();
}
