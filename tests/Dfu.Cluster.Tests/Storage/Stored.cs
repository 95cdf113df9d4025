using Dfu.Grains.Storage;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Storage;

/// <summary>What a grain does with its storage, without the grain.</summary>
internal static class Stored
{
    public static GrainId Grain(string key) => GrainId.Create("test", key);

    public static Held<StoredDocument> Document(string json) => new(new StoredDocument { Json = json });

    public static async Task<Held<T>> ReadAsync<T>(this IGrainStorage storage, string key, string name = "test")
        where T : new()
    {
        var state = new Held<T>(new T());
        await storage.ReadStateAsync(name, Grain(key), state);
        return state;
    }

    public static Task<Held<StoredDocument>> DocumentAsync(this IGrainStorage storage, string key) => storage.ReadAsync<StoredDocument>(key);

    public static async Task<Held<T>> WriteAsync<T>(this IGrainStorage storage, string key, Held<T> state, string name = "test")
    {
        await storage.WriteStateAsync(name, Grain(key), state);
        return state;
    }
}

/// <summary>A state as a grain holds it.</summary>
internal sealed class Held<T>(T state) : IGrainState<T>
{
    public T State { get; private set; } = state;

    T? IGrainState<T>.State
    {
        get => State;
        set => State = value!;
    }

    public string? ETag { get; set; }

    public bool RecordExists { get; set; }
}
