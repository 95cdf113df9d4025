using Dfu.Fleet.Storage;
using Dfu.Fleet.Tests.Turns;

namespace Dfu.Fleet.Tests.Storage;

public sealed class DocumentStoreTests
{
    private readonly OvertakenDocument _document = new();

    /// <summary>A caller elsewhere knows what an <see cref="IOException"/> is, and tries again; an exception of ours it would take for a fault.</summary>
    [Fact]
    public async Task Whose_record_another_has_written_is_an_outage_to_its_callers()
    {
        var activation = new BareActivation(TimeProvider.System);
        var store = new DocumentStore<string>(activation, _document);
        await Assert.ThrowsAsync<IOException>(() => store.SaveAsync("mine"));
        Assert.True(store.Failed && activation.Ended);
        await Assert.ThrowsAsync<IOException>(() => store.SaveAsync("mine again"));
        Assert.Equal(1, _document.Writes);
    }

    [Fact]
    public async Task Whose_record_another_has_written_when_it_is_cleared_is_one_too()
    {
        var store = new DocumentStore<string>(new BareActivation(TimeProvider.System), _document);
        await Assert.ThrowsAsync<IOException>(store.ClearAsync);
        Assert.True(store.Failed);
    }

    private sealed class OvertakenDocument : IDocument
    {
        public int Writes { get; private set; }

        public Task<string> ReadAsync() => Task.FromResult("");

        public Task WriteAsync(string json)
        {
            Writes++;
            throw new OvertakenException("another has written");
        }

        public Task ClearAsync() => throw new OvertakenException("another has written");
    }
}
