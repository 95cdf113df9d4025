namespace Dfu.Fleet.Storage;

/// <summary>One document of an activation in its storage. Each write and each clearing says which version it follows.</summary>
public interface IDocument
{
    /// <summary>As it was read, or is to be written; empty when nothing is stored.</summary>
    string Json { get; set; }

    Task ReadAsync();

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="OvertakenException">Somebody else has written.</exception>
    /// <remarks>A DfuException and an InvalidOperationException mean that the storage refuses; whatever else it throws passes by itself.</remarks>
    Task WriteAsync();

    /// <summary>Nothing is stored when it returns.</summary>
    Task ClearAsync();
}

/// <summary>Documents that an activation has many of.</summary>
public interface IDocuments
{
    /// <summary>One that is still to be read.</summary>
    IDocument Of(string name);
}

/// <summary>Somebody else has written the document since it was read.</summary>
public sealed class OvertakenException(string message, Exception? inner = null) : Exception(message, inner);
