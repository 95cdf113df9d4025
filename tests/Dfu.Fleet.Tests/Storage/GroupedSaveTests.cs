using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Tests.Storage;

public sealed class GroupedSaveTests
{
    private readonly HandTime _time = new();
    private readonly List<TaskCompletionSource> _writes = [];
    private readonly GroupedSave _save;

    public GroupedSaveTests() => _save = new(Write, _time);

    private Task Write()
    {
        var write = new TaskCompletionSource();
        _writes.Add(write);
        return write.Task;
    }

    /// <summary>Without the test's own scheduler, so that what follows from a moment follows in it.</summary>
    private Task SaveAsync(TimeSpan within)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        return _save.SaveAsync(within);
    }

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    [Fact]
    public async Task What_comes_while_a_write_is_under_way_waits_for_the_next()
    {
        var first = SaveAsync(TimeSpan.Zero);
        var second = SaveAsync(TimeSpan.Zero);
        var third = SaveAsync(TimeSpan.Zero);
        Assert.Single(_writes);
        _writes[0].SetResult();
        await first.Soon();
        Assert.False(second.IsCompleted);
        Assert.Equal(2, _writes.Count);
        _writes[1].SetResult();
        await second.Soon();
        await third.Soon();
        Assert.Equal(2, _writes.Count);
    }

    [Fact]
    public async Task The_patient_wait_and_the_impatient_take_them_along()
    {
        var patient = SaveAsync(TimeSpan.FromSeconds(10));
        Pass(4);
        Assert.Empty(_writes);
        var other = SaveAsync(TimeSpan.FromSeconds(1));
        Pass(0.5);
        Assert.Empty(_writes);
        Pass(0.5);
        for (var turns = 0; _writes.Count == 0 && turns < 1_000_000; turns++) await Task.Yield(); // a pause that is cut short ends by itself
        Assert.Single(_writes);
        _writes[0].SetResult();
        await patient.Soon();
        await other.Soon();
        Pass(20);
        Assert.Single(_writes);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_he_said_although_more_comes_all_the_time()
    {
        var first = SaveAsync(TimeSpan.FromSeconds(1));
        for (var n = 0; n < 9; n++)
        {
            Pass(0.1);
            _ = SaveAsync(TimeSpan.FromSeconds(1));
        }

        Assert.Empty(_writes);
        Pass(0.1);
        Assert.Single(_writes);
        _writes[0].SetResult();
        await first.Soon();
    }

    [Fact]
    public async Task After_a_write_that_failed_nothing_is_written_any_more()
    {
        var first = SaveAsync(TimeSpan.Zero);
        var second = SaveAsync(TimeSpan.Zero);
        _writes[0].SetException(new IOException("the disk is full"));
        await Assert.ThrowsAsync<IOException>(() => first);
        await Assert.ThrowsAsync<IOException>(() => second);
        await Assert.ThrowsAsync<IOException>(() => SaveAsync(TimeSpan.Zero));
        Assert.Single(_writes);
    }
}
