using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>How a device's history follows what is decided, whatever becomes of activations.</summary>
public sealed class DeviceShellHistoryTests : DeviceShellBench
{
    [Fact]
    public void Only_what_is_stored_is_handed_over_to_the_history()
    {
        Run();
        var attempt = 1;
        for (; !DeviceHistory.IsDue(Shell.Saved!); attempt++)
        {
            Shell.Answered(attempt, AttemptAnswer.Refused);
            Commit();
            Tick(Shell.State!.NotBefore is { } until ? (until - Time.GetUtcNow()).TotalSeconds : 0);
            Shell.Grant(Grant(Id, attempt: attempt + 1));
            Commit();
        }

        Shell.Answered(attempt, AttemptAnswer.Refused);
        var stored = Shell.Saved!;
        var pending = Shell.Take();
        Assert.Equal(stored.News.Select(static entry => entry.Text), pending.History!.Entries.Select(static entry => entry.Text));
        Assert.Equal((stored.News.Length, $"attempt {attempt} was interrupted"), ((int)pending.Record.NewsFrom, Assert.Single(pending.Record.News).Text));
    }

    [Fact]
    public void The_history_goes_with_the_decisions_and_survives_activations()
    {
        Run();
        for (var attempt = 1; attempt <= 40; attempt++)
        {
            Take(Report(attempt, new DeviceEvent.Resumed(attempt, 0, new(attempt * 100, attempt * 100, Protocol.Transfers.Diagnosis.Healthy))));
            Shell.Answered(attempt, AttemptAnswer.Refused);
            Commit();
            Tick(Shell.State!.NotBefore is { } until ? (until - Time.GetUtcNow()).TotalSeconds : 0);
            Shell.Grant(Grant(Id, attempt: attempt + 1));
            Commit();
            if (attempt % 3 == 0)
            {
                Release();
                Activate();
            }
        }

        Take(Report(41, Ended(41)));
        var expected = Enumerable.Range(1, 40).SelectMany(n => new[] { $"attempt {n} on {Adapter}", $"attempt {n} was interrupted" }).Prepend("joined")
            .Append($"attempt 41 on {Adapter}").Append("Updated");
        Assert.Equal(expected, Shell.History().Select(entry => entry.Text));
        Activate();
        Assert.Equal(expected, Shell.History().Select(entry => entry.Text));
        Assert.All(Shell.History(), entry => Assert.Equal(("c1", Id), (entry.Campaign, entry.Device)));
        Assert.True(HistoryStored);
    }
}
