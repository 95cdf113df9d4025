namespace Dfu.Fleet.Shells.Adapters;

/// <summary>Calls that wait until something holds. Lives on one scheduler.</summary>
internal sealed class StateWaits
{
    private readonly List<(Func<bool> Holds, TaskCompletionSource<bool> Answer)> _waiting = [];
    private bool _over;

    /// <returns>Whether it came to hold; false when nothing changes any more.</returns>
    public Task<bool> UntilAsync(Func<bool> holds)
    {
        if (holds()) return Task.FromResult(true);
        if (_over) return Task.FromResult(false);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((holds, answer));
        return answer.Task;
    }

    /// <summary>Something changed.</summary>
    public void Look()
    {
        foreach (var (_, answer) in _waiting.Where(static waiting => waiting.Holds()).ToArray()) answer.SetResult(true);
        _waiting.RemoveAll(static waiting => waiting.Answer.Task.IsCompleted);
    }

    /// <summary>Nothing will change any more.</summary>
    public void End()
    {
        Look();
        _over = true;
        foreach (var (_, answer) in _waiting) answer.SetResult(false);
        _waiting.Clear();
    }
}
