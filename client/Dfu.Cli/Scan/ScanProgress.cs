using System.Globalization;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Errors;
using Dfu.Silo.Scan;
using Spectre.Console;

namespace Dfu.Cli.Scan;

/// <summary>Shows a scan while it runs and when it is over: redrawn in place on a terminal, as lines elsewhere.</summary>
/// <param name="length">How long it listens; zero for who asks a server once, null for who watches.</param>
internal sealed class ScanProgress(Terminal terminal, ScanFilter filter, TimeSpan? length, bool json, Func<bool> readerIsGone, TimeProvider time)
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(250);
    private const int FramesPerLine = 20;
    private readonly ScanNews _news = new();

    public TimeSpan? Length => length;

    public ScanFilter Filter => filter;

    private bool OnTerminal => terminal.OutConsole.Profile.Capabilities.Ansi;

    /// <summary>What is redrawn and lines of a document would tear each other.</summary>
    private bool Live => terminal.Live && !(json && OnTerminal);

    /// <summary>Who watches on a terminal sees it there; anybody else is told.</summary>
    private bool TellsChanges => length is null && (json || !Live || !OnTerminal);

    public IReadOnlyList<HeardUnit> Wanted(ScanView view) => [.. view.Units.Where(filter.Wants)];

    /// <summary>Returns when <paramref name="running"/> has completed, however it ended; never throws what it threw.</summary>
    /// <exception cref="DfuException">OutputNotWritten: nobody reads any more.</exception>
    public async Task ShowAsync(Func<bool, ScanView> snapshot, Task running)
    {
        if (Live)
        {
            var console = terminal.ErrorConsole;
            await console.Live(new Text("")).AutoClear(true).Overflow(VerticalOverflow.Crop).StartAsync(live => LoopAsync(snapshot, running, (view, units, _) =>
                live.UpdateTarget(new CroppedLines(ScanScreen.Lines(view, units, length, console.Profile.Height)))));
            return;
        }

        var listening = false;
        await LoopAsync(snapshot, running, (view, units, frame) =>
        {
            if (!listening && view.Listened > TimeSpan.Zero)
            {
                listening = true;
                terminal.Error.WriteLine($"dfu: listening {Until} over {Format.Count(view.Radios.Length, "adapter")}");
            }
            else if (length is not null && frame > 0 && frame % FramesPerLine == 0)
            {
                terminal.Error.WriteLine($"dfu: listening, {Format.Count(units.Count, "device")} so far");
            }
        });
    }

    /// <summary>The devices on standard output, and how many there are on standard error.</summary>
    public void Finish(ScanView view, IReadOnlyList<HeardUnit> wanted, bool interrupted)
    {
        Tell(view, wanted);
        if (json)
        {
            if (length is not null) terminal.Out.WriteLine(ScanDocument.Of(view, wanted, interrupted).ToJson());
            return;
        }

        if (!TellsChanges)
        {
            var lines = ScanTable.Lines(view, wanted, OnTerminal);
            if (OnTerminal && wanted.Count > 0) terminal.OutConsole.Write(new CroppedLines(lines.Select(static line => "  " + line).Append("")));
            else foreach (var line in lines) terminal.Out.WriteLine(ScanTable.Plain(line));
        }

        if (wanted.Count == 0 && !interrupted) return;
        var others = view.Units.Length - wanted.Count;
        var why = filter.NameGlob is null ? "without a service of Nordic's (--all shows them)" : "by other names";
        var more = others == 0 ? "" : $"; {others} more {why}";
        terminal.Error.WriteLine(
            $"dfu: {Format.Count(wanted.Count, "device")} {(length == TimeSpan.Zero ? "on the air" : $"heard in {Seconds(view.Listened)}")}{more}");
    }

    private string Until => length is { } time ? $"for {Seconds(time)}" : "until Ctrl-C";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    private async Task LoopAsync(Func<bool, ScanView> snapshot, Task running, Action<ScanView, IReadOnlyList<HeardUnit>, int> show)
    {
        for (var frame = 0; !running.IsCompleted; frame++)
        {
            var view = snapshot(true);
            var units = Wanted(view);
            Tell(view, units);
            show(view, units, frame);
            if (TellsChanges && readerIsGone())
                throw new DfuException(DfuError.OutputNotWritten, "nobody reads standard output any more") { Remedy = "Keep its reader, or write to a file" };
            await Task.WhenAny(running, Task.Delay(Frame, time));
        }
    }

    private void Tell(ScanView view, IReadOnlyList<HeardUnit> units)
    {
        foreach (var radio in _news.Radios(view))
        {
            if (json && length is null) terminal.Out.WriteLine(new ScanEvent("adapter", null, ScanDocumentAdapter.Of(radio)).ToJson());
            if (Live) continue;
            terminal.Error.WriteLine(radio.State == ScanRadioState.Lost
                ? $"dfu: adapter {radio.Id} is lost: {radio.Detail}"
                : $"dfu: adapter {radio.Id} listens again");
        }

        if (!TellsChanges) return;
        foreach (var (what, unit) in _news.Devices(units))
        {
            if (json) terminal.Out.WriteLine(new ScanEvent(what, ScanDocumentDevice.Of(unit, view), null).ToJson());
            else terminal.Out.WriteLine($"{what,-8}{ScanTable.Plain(ScanTable.Lines(view, [unit], bars: false).Single())}");
        }
    }
}
