namespace Dfu.Cli.Tests.Processes;

public sealed class ServeProcessTests
{
    [Fact]
    public async Task A_server_says_where_its_gateway_is_and_ends_cleanly_when_told_to()
    {
        using var bench = new Bench();
        await bench.SimulateAsync(1);
        using var server = DfuProcess.Start(["serve", "--name", "station-1", .. bench.Adapters, "--data-dir", bench["data"]]);
        Assert.Matches(@"^ready station-1 gateway 127\.0\.0\.1:\d+$", await server.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal)));
        server.Signal("TERM");
        var (code, _, error) = await server.EndAsync();
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public async Task A_radio_that_cannot_be_opened_is_named_and_the_server_goes_on()
    {
        using var bench = new Bench();
        var bridge = $"bridge:tcp://127.0.0.1:{Bench.SilentPort()}";
        using var server = DfuProcess.Start("serve", "--adapter", bridge, "--data-dir", bench["data"]);
        await server.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        await server.LineAsync(line => line.Contains($"{bridge}: ", StringComparison.Ordinal) && line.EndsWith("(adapterNotFound)", StringComparison.Ordinal));
        server.Signal("INT");
        Assert.Equal(0, (await server.EndAsync()).Code);
    }

    [Fact]
    public async Task A_port_or_a_data_directory_in_use_is_said_plainly()
    {
        using var bench = new Bench();
        using var first = DfuProcess.Start("serve", "--data-dir", bench["data"]);
        var ready = await first.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        AssertRefused(await DfuProcess.RunAsync("serve", "--data-dir", bench["data"]), 4, "dataDirectoryInUse");
        AssertRefused(await DfuProcess.RunAsync("serve", "--data-dir", bench["other"], "--gateway-port", ready.Split(':')[^1]), 4, "listenFailed");
    }

    [Theory]
    [InlineData(2, "invalidArgument", "serve", "--cluster", "postgres")]
    [InlineData(2, "invalidArgument", "serve", "--connection", "Host=127.0.0.1")]
    [InlineData(2, "invalidArgument", "serve", "--name", "a/b")]
    [InlineData(2, "invalidArgument", "serve", "--silo-port", "40123", "--gateway-port", "40123")]
    [InlineData(2, "invalidArgument", "serve", "--adapter", "bridge:tcp://localhost:1", "--adapter", "bridge:tcp://127.0.0.1:1")]
    [InlineData(4, "listenFailed", "serve", "--address", "192.0.2.1")]
    [InlineData(2, "invalidArgument", "db", "init")]
    [InlineData(2, "invalidArgument", "db", "init", "--connection", "nothing")]
    [InlineData(4, "databaseUnavailable", "db", "init", "--connection", "Host=127.0.0.1;Port=1")]
    public async Task What_cannot_work_is_refused_in_one_line(int code, string error, params string[] arguments)
    {
        using var bench = new Bench();
        AssertRefused(await DfuProcess.RunAsync([.. arguments, .. arguments[0] == "serve" ? new[] { "--data-dir", bench["data"] } : []]), code, error);
    }

    private static void AssertRefused((int Code, string Output, string Error) run, int code, string error)
    {
        Assert.True(run.Code == code, run.Error);
        Assert.Equal("", run.Output);
        Assert.EndsWith($"({error})\n", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }
}
