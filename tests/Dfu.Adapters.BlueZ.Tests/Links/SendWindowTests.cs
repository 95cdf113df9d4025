using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.Simulated.Time;

namespace Dfu.Adapters.BlueZ.Tests.Links;

public sealed class SendWindowTests
{
    private readonly VirtualTime _time = new();

    [Fact]
    public void Four_objects_fit_and_no_more()
    {
        var window = new SendWindow(_time);
        Assert.True(Enumerable.Range(0, 4).All(_ => window.TryTake(4096)));
        Assert.False(window.TryTake(4));
    }

    [Fact]
    public void An_answer_opens_it()
    {
        var window = new SendWindow(_time);
        Assert.True(window.TryTake(SendWindow.Limit));
        var elapsed = _time.Run(async () =>
        {
            var waiting = window.TakeAsync(244, CancellationToken.None);
            Assert.False(waiting.IsCompleted);
            window.Open();
            await waiting;
            return _time.Elapsed;
        });
        Assert.Equal(TimeSpan.Zero, elapsed);
        Assert.True(window.TryTake(SendWindow.Limit - 244));
        Assert.False(window.TryTake(1));
    }

    [Fact]
    public void A_pause_opens_it()
    {
        var window = new SendWindow(_time);
        Assert.True(window.TryTake(SendWindow.Limit));
        var elapsed = _time.Run(async () =>
        {
            await window.TakeAsync(244, CancellationToken.None);
            return _time.Elapsed;
        });
        Assert.Equal(SendWindow.Pause, elapsed);
    }

    [Fact]
    public void What_alone_is_too_much_passes_when_nothing_is_before_it()
    {
        var window = new SendWindow(_time);
        Assert.True(window.TryTake(SendWindow.Limit + 1));
        Assert.False(window.TryTake(1));
    }

    [Fact]
    public async Task Waiting_ends_with_its_token()
    {
        var window = new SendWindow(_time);
        Assert.True(window.TryTake(SendWindow.Limit));
        using var stop = new CancellationTokenSource();
        var waiting = window.TakeAsync(1, stop.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
