using Dfu.Protocol.Errors;
using Dfu.Silo.Adapters;

namespace Dfu.Silo.Tests.Adapters;

public sealed class ProcessAdaptersTests
{
    private readonly string _locks = $"dfu-test-{Guid.NewGuid():n}";

    [Fact]
    public async Task What_is_shared_is_made_once_and_ends_with_the_radios_before_their_locks_do()
    {
        var made = 0;
        var ended = new List<string>();
        var radios = new ProcessAdapters(TimeProvider.System, _locks);
        radios.Take("radio", "radio");
        radios.Own(new Ending(() => ended.Add("owned")));
        Shared First() => radios.Shared(_ => new Shared(++made, () =>
        {
            ended.Add("shared");
            using var late = new AdapterLocks(TimeProvider.System, _locks);
            Assert.Equal(DfuError.AdapterInUse, Assert.Throws<DfuException>(() => late.Take("radio", "radio")).Error);
        }));
        Assert.Same(First(), First());

        await radios.DisposeAsync();
        await radios.DisposeAsync();

        Assert.Equal(["owned", "shared"], ended);
        Assert.Equal(1, made);
        using var next = new AdapterLocks(TimeProvider.System, _locks);
        next.Take("radio", "radio");
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    private sealed class Shared(int number, Action end) : IAsyncDisposable
    {
        public int Number => number;

        public ValueTask DisposeAsync()
        {
            end();
            return default;
        }
    }
}
