using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

public sealed class AnswerWatchTests
{
    private readonly Ticks _time = new();
    private readonly AnswerWatch _watch;

    public AnswerWatchTests() => _watch = new(_time);

    [Fact]
    public void Silence_counts_from_the_first_of_two_commands_without_an_answer()
    {
        Given(new MonitorEvent.CommandGiven(0));
        Pass(9);
        Assert.Null(_watch.Silence(0));
        Given(new MonitorEvent.ConnectAsked(0, null));
        Pass(1);
        Assert.Equal(TimeSpan.FromSeconds(10), _watch.Silence(0));
        Assert.Null(_watch.Silence(1));
    }

    public static TheoryData<string> Answers() => ["answered", "buffers", "refused", "closed"];

    [Theory]
    [MemberData(nameof(Answers))]
    public void Any_answer_ends_it_and_so_does_a_controller_that_closes(string answer)
    {
        Given(new MonitorEvent.CommandGiven(0), new MonitorEvent.CommandGiven(0), new MonitorEvent.CommandGiven(1), new MonitorEvent.CommandGiven(1));
        Given(answer switch
        {
            "answered" => new MonitorEvent.Answered(0),
            "buffers" => new MonitorEvent.BuffersRead(0, 8),
            "refused" => new MonitorEvent.ConnectFailed(0, null, 0x0C),
            _ => new MonitorEvent.Closed(0),
        });
        Given(new MonitorEvent.CommandGiven(0));
        Assert.Null(_watch.Silence(0));
        Assert.Equal(TimeSpan.Zero, _watch.Silence(1));
    }

    private void Given(params MonitorEvent[] events)
    {
        foreach (var e in events) _watch.Apply(e);
    }

    private void Pass(int seconds) => _time.Now += seconds * TimeProvider.System.TimestampFrequency;

    private sealed class Ticks : TimeProvider
    {
        public long Now { get; set; }

        public override long GetTimestamp() => Now;
    }
}
