using Dfu.Grains.Storage;

namespace Dfu.Silo.Storage;

/// <summary>Between what grains hold and what a database holds: a string for JSON, bytes for a file.</summary>
internal static class StoredPayload
{
    /// <exception cref="NotSupportedException">The state is of another type than the two a grain may store.</exception>
    public static object Of<T>(T? state) => state switch
    {
        StoredDocument document => document.Json,
        StoredFile file => file.Bytes,
        _ => throw new NotSupportedException($"{typeof(T)} cannot be stored; a grain stores a {nameof(StoredDocument)} or a {nameof(StoredFile)}"),
    };

    /// <exception cref="NotSupportedException">Something else was stored than is asked for.</exception>
    public static T To<T>(object payload)
    {
        object state = payload switch
        {
            string json => new StoredDocument { Json = json },
            byte[] bytes => new StoredFile { Bytes = bytes },
            _ => payload,
        };
        return state is T wanted ? wanted : throw new NotSupportedException($"{typeof(T)} was asked for, but a {state.GetType()} is stored");
    }

    public static T Empty<T>() => Activator.CreateInstance<T>();
}
