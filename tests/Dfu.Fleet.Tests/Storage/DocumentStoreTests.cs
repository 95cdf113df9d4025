using Dfu.Cluster.Tests.Devices;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Tests.Turns;
using Dfu.Protocol.Errors;

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

    [Theory]
    [InlineData("\"mine\"", 0)] // it was written, and only the answer was lost
    [InlineData("\"before\"", 1)]
    public async Task A_write_without_an_answer_is_looked_for_before_it_is_made_again(string found, int writes)
    {
        var (document, time) = (new DocumentWithoutAnswer(found), new ManualTime());
        var store = new DocumentStore<string>(new BareActivation(time), document);
        await store.ReadAsync();
        var saving = store.SaveAsync("mine");
        time.Advance(new FleetTimes().Again.TotalSeconds);
        await saving;
        Assert.Equal((writes, "\"mine\""), (document.Writes, document.Stored));
    }

    [Fact]
    public async Task A_write_without_an_answer_that_another_came_before_is_not_made_again()
    {
        var (document, time) = (new DocumentWithoutAnswer("\"another's\""), new ManualTime());
        var store = new DocumentStore<string>(new BareActivation(time), document);
        await store.ReadAsync();
        var saving = store.SaveAsync("mine");
        time.Advance(new FleetTimes().Again.TotalSeconds);
        await Assert.ThrowsAsync<IOException>(() => saving);
        Assert.Equal((0, "\"another's\""), (document.Writes, document.Stored));
    }

    [Fact]
    public async Task Where_storage_refuses_again_the_next_activation_waits_once_before_it_begins()
    {
        var time = new ManualTime();
        var activation = new BareActivation(time);
        for (var refusal = 1; refusal <= 2; refusal++)
        {
            Assert.True(new DocumentStore<string>(activation, new FullDocument()).ReadAsync().IsCompletedSuccessfully);
            await Assert.ThrowsAsync<DfuException>(() => new DocumentStore<string>(activation, new FullDocument()).SaveAsync("mine"));
        }

        var next = new DocumentStore<string>(activation, new FullDocument()).ReadAsync();
        time.Advance(0.9 * new FleetTimes().Refused.TotalSeconds);
        Assert.False(next.IsCompleted);
        time.Advance(0.1 * new FleetTimes().Refused.TotalSeconds);
        await next;
        Assert.True(new DocumentStore<string>(activation, new FullDocument()).ReadAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void That_storage_refuses_is_said_once_a_minute()
    {
        var (refusals, time) = (new StorageRefusals(), new ManualTime());
        Assert.Equal([true, false, false], [refusals.Add("a", time), refusals.Add("a", time), refusals.Add("b", time)]);
        time.Advance(59);
        Assert.False(refusals.Add("b", time));
        time.Advance(1);
        Assert.True(refusals.Add("b", time));
    }

    /// <param name="found">What is stored after the first write, which nobody answers.</param>
    private sealed class DocumentWithoutAnswer(string found) : IDocument
    {
        private bool _answers;

        public int Writes { get; private set; }

        public string Stored { get; private set; } = "\"before\"";

        public Task<string> ReadAsync() => Task.FromResult(Stored);

        public Task WriteAsync(string json)
        {
            if (!_answers)
            {
                (_answers, Stored) = (true, found);
                return Task.FromException(new TimeoutException("no answer"));
            }

            Writes++;
            Stored = json;
            return Task.CompletedTask;
        }

        public Task ClearAsync() => Task.CompletedTask;
    }

    private sealed class FullDocument : IDocument
    {
        public Task<string> ReadAsync() => Task.FromResult("");

        public Task WriteAsync(string json) => Task.FromException(new DfuException(DfuError.DataDirectoryUnusable, "the disk is full"));

        public Task ClearAsync() => WriteAsync("");
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
