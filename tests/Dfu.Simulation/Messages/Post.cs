using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Timing;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Messages;

/// <summary>Carries calls between processes: late, out of order, twice, or not at all. Within a process they only take their time.</summary>
internal sealed class Post(VirtualTime time, Random random, Cluster cluster)
{
    /// <summary>A call that got no answer fails after so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Of a message between processes.</summary>
    public double LossRate { get; set; }

    /// <summary>Of a call between processes: it comes twice.</summary>
    public double RepeatRate { get; set; }

    /// <summary>The longest that a message between processes takes, beyond a millisecond; they take differently long.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(2);

    public int Calls { get; private set; }

    /// <summary>Calls whatever carries the name.</summary>
    /// <exception cref="TimeoutException">No answer came.</exception>
    public async Task<T> CallAsync<TActor, T>(HostProcess from, ActorName to, Func<TActor, Task<T>> call)
        where TActor : class
    {
        Calls++;
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var target = cluster.Locate(from, to);
        var local = target == from;
        var copies = !local && random.NextDouble() < RepeatRate ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            if (target is null || IsLost(local)) continue;
            time.After(Takes(local), () =>
            {
                if (local || cluster.Reach(from, target)) target.Enter(() => Background.Run("answer a call", AnswerAsync(from, target, to, call, answer)));
            });
        }

        using var patience = from.Clock.CreateTimer(
            _ => answer.TrySetException(Unanswered(target, to)), null, target is null ? Takes(local) : Patience, Timeout.InfiniteTimeSpan);
        return await answer.Task;
    }

    public static async Task CallSelfAsync(Actor actor)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        actor.Process.Post(() => Background.Run("take a turn", TakeAsync(actor, done)));
        await done.Task;
    }

    private static async Task TakeAsync(Actor actor, TaskCompletionSource done)
    {
        try
        {
            await actor.TakeTurnAsync();
            done.TrySetResult();
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }
    }

    private async Task AnswerAsync<TActor, T>(
        HostProcess from, HostProcess target, ActorName to, Func<TActor, Task<T>> call, TaskCompletionSource<T> answer)
        where TActor : class
    {
        Action reply;
        try
        {
            var actor = await ReadyAsync(target, to);
            var result = await actor.CallAsync(() => call((TActor)actor.Ready.Result));
            reply = () => answer.TrySetResult(result);
        }
        catch (Exception e)
        {
            reply = () => answer.TrySetException(e);
        }

        var local = from == target;
        if (IsLost(local)) return;
        time.After(Takes(local), () =>
        {
            if (local || cluster.Reach(target, from)) reply();
        });
    }

    /// <summary>What carries the name here, begun first when there is none; a predecessor that is leaving is waited for.</summary>
    private static async Task<Actor> ReadyAsync(HostProcess target, ActorName to)
    {
        while (target.Find(to) is { Leaving: { } leaving }) await leaving;
        var actor = target.Find(to) ?? target.Activate(to);
        await actor.Ready;
        return actor;
    }

    private bool IsLost(bool local) => !local && random.NextDouble() < LossRate;

    private TimeSpan Takes(bool local) => local
        ? TimeSpan.FromMilliseconds(0.1)
        : TimeSpan.FromMilliseconds(1) + (Delay * random.NextDouble());

    private static Exception Unanswered(HostProcess? target, ActorName to) => target is null
        ? new IOException($"nobody can carry {to}")
        : new TimeoutException($"{to} did not answer");
}
