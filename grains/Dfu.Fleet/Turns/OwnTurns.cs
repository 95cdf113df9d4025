namespace Dfu.Fleet.Turns;

/// <summary>What an activation wants to do in turns of its own. One whose call gets lost is not taken. Lives on the activation's scheduler.</summary>
internal sealed class OwnTurns(IActivation activation)
{
    private readonly Queue<Func<Task>> _waiting = [];

    public Task RunAsync(Func<Task> turn)
    {
        _waiting.Enqueue(turn);
        return activation.TurnAsync();
    }

    /// <summary>The call has arrived.</summary>
    public Task TakeAsync() => _waiting.TryDequeue(out var turn) ? turn() : Task.CompletedTask;
}
