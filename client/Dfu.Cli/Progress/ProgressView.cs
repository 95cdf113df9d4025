using Dfu.Fleet.Campaigns;
using Spectre.Console;

namespace Dfu.Cli.Progress;

/// <summary>Shows a campaign on standard error while it runs: redrawn in place on a terminal, as lines elsewhere.</summary>
internal sealed class ProgressView(Terminal terminal, ProgressTitle title, TimeProvider time)
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan PlainFrame = TimeSpan.FromMilliseconds(500);
    private const int PlainFramesPerLine = 10;
    private readonly RateMeter _meter = new();

    /// <summary>Returns when <paramref name="running"/> has completed, however it ended; never throws what it threw.</summary>
    /// <param name="snapshot">The latest view, null while there is none.</param>
    public Task ShowAsync(Func<CampaignView?> snapshot, Task running) => terminal.Live ? LiveAsync(snapshot, running) : PlainAsync(snapshot, running);

    private async Task LiveAsync(Func<CampaignView?> snapshot, Task running)
    {
        var console = terminal.ErrorConsole;
        await console.Live(new Text("")).AutoClear(true).Overflow(VerticalOverflow.Crop).StartAsync(async live =>
        {
            while (!running.IsCompleted)
            {
                if (snapshot() is { } view)
                {
                    var left = Measure(view);
                    live.UpdateTarget(new ProgressScreen(view, title, _meter.Rate, left, console.Profile.Height));
                }

                await PauseAsync(Frame, running);
            }
        });
    }

    private async Task PlainAsync(Func<CampaignView?> snapshot, Task running)
    {
        var lines = new PlainProgress(terminal.Error, title);
        lines.Begin();
        for (var frame = 0; !running.IsCompleted; frame++)
        {
            if (snapshot() is { } view)
            {
                var left = Measure(view);
                lines.News(view);
                if (frame % PlainFramesPerLine == 0) lines.State(view, _meter.Rate, left);
            }

            await PauseAsync(PlainFrame, running);
        }

        if (snapshot() is { } last) lines.News(last);
    }

    /// <summary>Seconds left for whoever watches.</summary>
    private double? Measure(CampaignView view)
    {
        var tally = Tally.Of(view);
        _meter.Add(view.Seconds, tally.BytesDone);
        return _meter.Left(tally.BytesTotal - tally.BytesDone) / title.TimeScale;
    }

    private async Task PauseAsync(TimeSpan pause, Task running) => await Task.WhenAny(running, Task.Delay(pause, time));
}
