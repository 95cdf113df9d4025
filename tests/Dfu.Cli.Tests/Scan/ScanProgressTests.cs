using Dfu.Cli.Scan;
using Dfu.Protocol.Errors;
using Dfu.Silo.Scan;

namespace Dfu.Cli.Tests.Scan;

public sealed class ScanProgressTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private ScanProgress Progress(TimeSpan? length, bool json = false, bool readerIsGone = false)
    {
        var terminal = new Terminal { Out = _output, Error = _error, OutConsole = Terminal.Plain(_output), ErrorConsole = Terminal.Plain(_error) };
        return new(terminal, new(null, All: false), length, json, () => readerIsGone, TimeProvider.System);
    }

    [Fact]
    public async Task Who_watches_for_a_reader_that_is_gone_stops()
    {
        var view = ScanTableTests.View(ScanTableTests.Heard(0x11, "DfuTarg"));
        var never = new TaskCompletionSource();
        var gone = await Assert.ThrowsAsync<DfuException>(() => Progress(null, readerIsGone: true).ShowAsync(_ => view, never.Task));
        Assert.Equal(DfuError.OutputNotWritten, gone.Error);
        Assert.Equal("heard   C0:98:76:54:32:11  DfuTarg   -60 dBm  bootloader of C0:98:76:54:32:10  bridge:tcp://127.0.0.1:7001\n", _output.ToString());
    }

    [Fact]
    public void A_watch_in_json_ends_without_a_document_and_a_scan_with_one()
    {
        var view = ScanTableTests.View(ScanTableTests.Heard(0x11, "DfuTarg"));
        Progress(null, json: true).Finish(view, view.Units, interrupted: false);
        var line = Assert.Single(_output.ToString().TrimEnd().Split('\n'));
        Assert.StartsWith("{\"event\":\"heard\",\"device\":{\"address\":\"C0:98:76:54:32:11\",", line, StringComparison.Ordinal);
        _output.GetStringBuilder().Clear();
        Progress(TimeSpan.FromSeconds(10), json: true).Finish(view, view.Units, interrupted: false);
        Assert.StartsWith("{\n  \"outcome\": \"heard\"", _output.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_radio_in_trouble_is_named_on_standard_error_and_those_left_out_are_counted()
    {
        var view = ScanTableTests.View(ScanTableTests.Heard(0x11, "DfuTarg"), ScanTableTests.Heard(0x20, "Watch", dfu: false));
        view = view with { Radios = [view.Radios[0] with { State = ScanRadioState.Lost, Detail = "pulled out" }] };
        var progress = Progress(TimeSpan.FromSeconds(10));
        progress.Finish(view, progress.Wanted(view), interrupted: false);
        Assert.Equal(
            [
                "dfu: adapter bridge:tcp://127.0.0.1:7001 is lost: pulled out",
                "dfu: 1 device heard in 10 s; 1 more without a service of Nordic's (--all shows them)",
            ],
            _error.ToString().TrimEnd().Split('\n'));
    }
}
