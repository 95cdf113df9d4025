using System.Security.Cryptography;
using Dfu.Grains.Storage;
using Orleans.Storage;
using static Dfu.Cluster.Tests.Storage.Stored;

namespace Dfu.Cluster.Tests.Storage;

/// <summary>What a grain may rely on, whatever its states are kept in.</summary>
internal static class GrainStorageContract
{
    public static async Task WhatWasNeverWrittenIsEmptyAsync(IGrainStorage storage)
    {
        var state = await storage.DocumentAsync("never");
        Assert.Equal((false, null, ""), (state.RecordExists, state.ETag, state.State.Json));
        var file = await storage.ReadAsync<StoredFile>("never");
        Assert.Equal((false, null, 0), (file.RecordExists, file.ETag, file.State.Bytes.Length));
    }

    public static async Task WhatIsWrittenComesBackAsync(IGrainStorage storage)
    {
        var written = await storage.WriteAsync("back", Document("""{"v":1,"name":"ü"}"""));
        var state = await storage.DocumentAsync("back");
        Assert.Equal((true, """{"v":1,"name":"ü"}""", written.ETag), (state.RecordExists, state.State.Json, state.ETag));
        state.State.Json = """{"v":1}""";
        await storage.WriteAsync("back", state);
        Assert.NotEqual(written.ETag, state.ETag);
        Assert.Equal("""{"v":1}""", (await storage.DocumentAsync("back")).State.Json);

        var bytes = RandomNumberGenerator.GetBytes(3 * 1024 * 1024);
        await storage.WriteAsync("back", new Held<StoredFile>(new StoredFile { Bytes = bytes }), "file");
        Assert.Equal(bytes, (await storage.ReadAsync<StoredFile>("back", "file")).State.Bytes);
    }

    public static async Task StatesOfOtherNamesAndGrainsAreTheirOwnAsync(IGrainStorage storage)
    {
        await storage.WriteAsync("C0:00:00:00:00:0A", Document("1"));
        await storage.WriteAsync("C0:00:00:00:00:0B", Document("2"));
        await storage.WriteAsync("C0:00:00:00:00:0A", Document("3"), name: "other");
        Assert.Equal("1", (await storage.DocumentAsync("C0:00:00:00:00:0A")).State.Json);
        Assert.Equal("2", (await storage.DocumentAsync("C0:00:00:00:00:0B")).State.Json);
        Assert.Equal("3", (await storage.ReadAsync<StoredDocument>("C0:00:00:00:00:0A", "other")).State.Json);
    }

    public static async Task ASecondActivationCannotWriteOverTheFirstAsync(IGrainStorage storage)
    {
        var (first, second) = (await storage.DocumentAsync("two"), await storage.DocumentAsync("two"));
        (first.State.Json, second.State.Json) = ("first", "second");
        await storage.WriteAsync("two", first);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteAsync("two", second));
        Assert.Null(second.ETag);

        second = await storage.DocumentAsync("two");
        Assert.Equal("first", second.State.Json);
        await storage.WriteAsync("two", second);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteAsync("two", first));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("test", Grain("two"), first));
        Assert.True((await storage.DocumentAsync("two")).RecordExists);
    }

    public static async Task OfManyFirstWritesOneIsDoneAsync(IGrainStorage storage)
    {
        var writes = Enumerable.Range(0, 16).Select(n => storage.WriteAsync("race", Document($"{n}"))).ToArray();
        await Assert.ThrowsAsync<InconsistentStateException>(() => Task.WhenAll(writes));
        Assert.Equal(1, writes.Count(write => write.IsCompletedSuccessfully));
        var winner = Array.FindIndex(writes, write => write.IsCompletedSuccessfully);
        Assert.Equal($"{winner}", (await storage.DocumentAsync("race")).State.Json);
    }

    public static async Task AClearedStateIsGoneAndItsETagNeverValidAgainAsync(IGrainStorage storage)
    {
        var old = await storage.WriteAsync("gone", Document("old"));
        var clearing = await storage.DocumentAsync("gone");
        await storage.ClearStateAsync("test", Grain("gone"), clearing);
        Assert.Equal((false, ""), (clearing.RecordExists, clearing.State.Json));
        var next = await storage.DocumentAsync("gone");
        Assert.Equal((false, ""), (next.RecordExists, next.State.Json));

        next.State.Json = "new";
        await storage.WriteAsync("gone", next);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteAsync("gone", old));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("test", Grain("gone"), old));
        Assert.Equal("new", (await storage.DocumentAsync("gone")).State.Json);
    }
}
