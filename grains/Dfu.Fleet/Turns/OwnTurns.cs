namespace Dfu.Fleet.Turns;

/// <summary>What an activation wants to do in turns of its own. Lives on the activation's scheduler.</summary>
internal sealed class OwnTurns(IActivation activation)
{
    private readonly LinkedList<Func<Task>> _waiting = [];

    /// <summary>Fails when the call gets lost, or when the turn does. One whose call got lost is not taken.</summary>
    public async Task RunAsync(Func<Task> turn)
    {
        var waiting = _waiting.AddLast(turn);
        try
        {
            await activation.TurnAsync();
        }
        finally
        {
            // Whoever calls next must not find it: each call takes one.
            if (waiting.List is not null) _waiting.Remove(waiting);
        }
    }

    /// <summary>The call has arrived.</summary>
    public Task TakeAsync()
    {
        if (_waiting.First is not { } first) return Task.CompletedTask; // given up while its call was on its way
        _waiting.RemoveFirst();
        return first.Value();
    }
}
