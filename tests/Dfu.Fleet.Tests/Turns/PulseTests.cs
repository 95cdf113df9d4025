using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Tests.Turns;

public sealed class PulseTests
{
    [Fact]
    public async Task Whatever_a_turn_throws_the_next_pulse_tries_again()
    {
        var clock = new HandTime();
        var turns = 0;
        var again = new TaskCompletionSource();
        var pulse = new Pulse(new BareActivation(clock), TimeSpan.FromSeconds(1), () =>
        {
            if (++turns == 1) throw new InvalidOperationException("nobody thought of this");
            again.TrySetResult();
            return Task.CompletedTask;
        });
        pulse.Begin();

        for (var n = 0; n < 100_000 && !again.Task.IsCompleted; n++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await again.Task.Soon();
    }

    [Fact]
    public void An_activation_that_is_over_begins_nothing_more()
    {
        var pulse = new Pulse(new BareActivation(new HandTime()), TimeSpan.FromSeconds(1), static () => Task.CompletedTask);
        pulse.Begin();
        pulse.Stop();
        pulse.Begin();
        Assert.True(pulse.Beats);

        pulse.End();
        pulse.Begin();
        Assert.False(pulse.Beats);
    }
}
