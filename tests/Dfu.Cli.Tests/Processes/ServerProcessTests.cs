namespace Dfu.Cli.Tests.Processes;

public sealed class ServerProcessTests
{
    [Fact]
    public async Task A_campaign_that_a_server_was_given_goes_on_when_who_gave_it_is_interrupted()
    {
        using var bench = new Bench();
        using var server = DfuProcess.Start(
            "serve", "--adapter", "sim:devices=2,time-scale=20", "--data-dir", bench["data"], "--urls", "http://127.0.0.1:0");
        var said = await server.LineAsync(line => line.StartsWith("dfu: console and HTTP API at ", StringComparison.Ordinal));
        var environment = new Dictionary<string, string> { ["DFU_SERVER"] = said.Split(' ')[^1] };

        using var flash = DfuProcess.StartWith(environment, "flash", bench.Package(4096), "--all", "--count", "3"); // there are two
        await flash.LineAsync(line => line.StartsWith("dfu: application 1, 4.0 KiB, 1 adapter", StringComparison.Ordinal));
        flash.Signal("INT");
        var (code, _, error) = await flash.EndAsync();
        Assert.Equal(3, code);
        Assert.Contains("dfu: the campaign goes on at its server: 'dfu campaign watch ", error, StringComparison.Ordinal);

        using var cancel = DfuProcess.StartWith(environment, "campaign", "cancel", "last");
        var cancelled = await cancel.EndAsync();
        Assert.True(cancelled.Code == 0, cancelled.Error);
        Assert.Contains(": cancelled", cancelled.Output, StringComparison.Ordinal);
    }
}
