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
        using var pulse = Pulse.Start(new BareActivation(clock), TimeSpan.FromSeconds(1), () =>
        {
            if (++turns == 1) throw new InvalidOperationException("nobody thought of this");
            again.TrySetResult();
            return Task.CompletedTask;
        });

        for (var n = 0; n < 100_000 && !again.Task.IsCompleted; n++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await again.Task.Soon();
    }
}
