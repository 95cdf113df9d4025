using System.IO.Hashing;
using System.Text;
using Dfu.Grains.Storage;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Storage.Kills;

/// <summary>What a process wrote last for a grain: the number of the process, and of its write for that grain. All content follows from that.</summary>
internal readonly record struct WrittenValue(int Grain, int Run, int Write)
{
    /// <summary>The last grains hold package files, the others documents. Those from <see cref="Kept"/> on are cleared with every second write.</summary>
    public const int Grains = 32;
    public const int Documents = 28;
    private const int Kept = 24;

    private bool IsFile => Grain >= Documents;

    private bool IsCleared => Grain >= Kept && Write % 2 == 0;

    private string Key => $"g{Grain}";

    /// <summary>Does this write, with the ETag that the one before it gave.</summary>
    public Task WriteAsync(IGrainStorage storage, Written state)
    {
        if (IsCleared)
            return IsFile
                ? storage.ClearStateAsync("file", Stored.Grain(Key), state.File)
                : storage.ClearStateAsync("document", Stored.Grain(Key), state.Document);
        if (IsFile)
        {
            state.File.State.Bytes = Content();
            return storage.WriteAsync(Key, state.File, "file");
        }

        state.Document.State.Json = Encoding.UTF8.GetString(Content());
        return storage.WriteAsync(Key, state.Document, "document");
    }

    /// <summary>Whether the storage holds exactly this; of <c>Write</c> 0 that it holds nothing.</summary>
    public async Task<bool> IsInAsync(IGrainStorage storage)
    {
        var state = await ReadAsync(storage, Grain);
        var exists = IsFile ? state.File.RecordExists : state.Document.RecordExists;
        if (Write == 0 || IsCleared) return !exists;
        return exists && (IsFile ? state.File.State.Bytes.AsSpan().SequenceEqual(Content()) : state.Document.State.Json == Encoding.UTF8.GetString(Content()));
    }

    public static async Task<Written> ReadAsync(IGrainStorage storage, int grain) => new(
        await storage.ReadAsync<StoredDocument>($"g{grain}", "document"), await storage.ReadAsync<StoredFile>($"g{grain}", "file"));

    /// <summary>From a few bytes to many pages, so that a write that is torn would show.</summary>
    private byte[] Content()
    {
        var seed = (int)XxHash32.HashToUInt32(Encoding.ASCII.GetBytes($"{this}"));
        var random = new Random(seed);
        if (!IsFile) return Encoding.ASCII.GetBytes($$"""{"v":1,"written":"{{this}}","filler":"{{new string('x', random.Next(8000))}}"}""");
        var bytes = new byte[random.Next(1, 200_000)];
        random.NextBytes(bytes);
        return bytes;
    }
}

/// <summary>Both kinds of state that a grain may hold; a grain uses one of them.</summary>
internal sealed record Written(Held<StoredDocument> Document, Held<StoredFile> File);
