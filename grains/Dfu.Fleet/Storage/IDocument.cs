namespace Dfu.Fleet.Storage;

/// <summary>One document of an activation in its storage. Each write and each clearing says which version it follows.</summary>
/// <remarks>
/// An <see cref="OvertakenException"/> of a write says that somebody else has written; a DfuException and an InvalidOperationException mean that the
/// storage refuses; whatever else it throws passes by itself.
/// </remarks>
public interface IDocument
{
    /// <returns>Empty when nothing is stored.</returns>
    Task<string> ReadAsync();

    /// <summary>Durable when it returns.</summary>
    Task WriteAsync(string json);

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
