namespace Dfu.Adapters.BlueZ.Tests;

/// <summary>What turns of some work leave behind in this process.</summary>
/// <remarks>
/// Two things look like a leak and are none. On a busy machine the pool may not have come to what each turn queued, 5 KB for each link, which is
/// waited for. And what else lives in the process, a runner that reports above all, comes and goes in leaps of up to megabytes: so the turns are
/// done in rounds, and the median round tells; two of five may leap, either way.
/// </remarks>
internal sealed class Growth
{
    public const int Rounds = 5;

    private readonly List<long> _bytes = [];
    private readonly int _turns;

    private Growth(int turns) => _turns = turns;

    /// <summary>Bytes of live objects that a turn adds, in the median round.</summary>
    public double BytesPerTurn => _bytes.Zip(_bytes.Skip(1), static (before, after) => after - before).Order().ElementAt(Rounds / 2) / (double)_turns;

    /// <param name="turns">In a round, of which there are <see cref="Rounds"/>.</param>
    public static async Task<Growth> OfAsync(int turns, Func<Task> turn)
    {
        var growth = new Growth(turns);
        await growth.MeasureAsync();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < turns; i++) await turn();
            await growth.MeasureAsync();
        }

        return growth;
    }

    /// <summary>Returns when the thread pool has begun all that was queued.</summary>
    public static async Task SettleAsync()
    {
        do
        {
            await Task.Yield();
        }
        while (ThreadPool.PendingWorkItemCount > 0);
    }

    public override string ToString() => $"{BytesPerTurn:0.0} bytes per turn; live bytes before and after each round of {_turns}: {string.Join(", ", _bytes)}";

    private async Task MeasureAsync()
    {
        await SettleAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _bytes.Add(GC.GetTotalMemory(forceFullCollection: true));
    }
}
