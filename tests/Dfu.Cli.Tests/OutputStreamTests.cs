using System.Text;
using Dfu.Cli.Commands;
using Dfu.Cli.Progress;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests;

public sealed class OutputStreamTests
{
    [Fact]
    public void Progress_that_nobody_can_read_ends_nothing()
    {
        var stream = new OutputStream(new FullDisk(), needed: false);
        stream.WriteLine("dfu: 1 of 2 updated");
        stream.Write('x');
        stream.Flush();
        new PlainProgress(stream, new ProgressTitle("application 1")).Begin();
    }

    [Fact]
    public void A_result_that_cannot_be_written_has_a_code() =>
        Assert.Equal(DfuError.OutputNotWritten, Assert.Throws<DfuException>(() => new OutputStream(new FullDisk(), needed: true).WriteLine("{}")).Error);

    [Fact]
    public void A_report_that_cannot_be_written_takes_neither_the_document_nor_the_summary_away()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal { Out = output, Error = error, OutConsole = Terminal.Plain(output), ErrorConsole = Terminal.Plain(error) };
        var view = Views.Campaign(CampaignOutcome.Succeeded, Views.Updated(1));

        var report = new WantedReport("/no/such/folder/r.csv", new(view.PackageId, "application 1", 4096, [], "none", null));
        var unwritten = Assert.Throws<DfuException>(
            () => CampaignRun.Report(terminal, new ProgressTitle("application 1"), view, json: true, report, []));

        Assert.Equal(DfuError.OutputNotWritten, unwritten.Error);
        Assert.Contains("\"outcome\": \"succeeded\"", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("The device is updated", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Report", error.ToString(), StringComparison.Ordinal);
    }

    private sealed class FullDisk : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new IOException("No space left on device");

        public override void Flush() => throw new IOException("No space left on device");
    }
}
