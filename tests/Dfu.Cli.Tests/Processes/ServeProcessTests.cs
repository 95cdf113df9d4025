using Dfu.Silo.Serve;

namespace Dfu.Cli.Tests.Processes;

public sealed class ServeProcessTests
{
    [Fact]
    public async Task A_server_says_where_its_gateway_and_its_console_are_and_ends_cleanly_when_told_to()
    {
        using var bench = new Bench();
        await bench.SimulateAsync(1);
        using var server = DfuProcess.Start(["serve", "--name", "station-1", .. bench.Adapters, "--data-dir", bench["data"]]);
        Assert.Matches(@"^ready station-1 gateway 127\.0\.0\.1:\d+$", await server.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal)));
        await server.LineAsync(line => line.StartsWith("dfu: console", StringComparison.Ordinal));
        var url = ServerFile.Read(bench["data"])?.Url;
        Assert.NotNull(url);
        server.Signal("TERM");
        var (code, _, error) = await server.EndAsync();
        var taken = url.Port == 5280 ? "" : " (port 5280 is taken; --urls gives another)";
        Assert.Equal((0, $"dfu: console and HTTP API at {url}{taken}\n"), (code, error));
    }

    [Fact]
    public async Task A_radio_that_cannot_be_opened_is_named_and_the_server_goes_on()
    {
        using var bench = new Bench();
        var bridge = $"bridge:tcp://127.0.0.1:{Bench.SilentPort()}";
        using var server = DfuProcess.Start("serve", "--urls", "none", "--adapter", bridge, "--data-dir", bench["data"]);
        await server.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        await server.LineAsync(line => line.Contains($"{bridge}: ", StringComparison.Ordinal) && line.EndsWith("(adapterNotFound)", StringComparison.Ordinal));
        server.Signal("INT");
        Assert.Equal(0, (await server.EndAsync()).Code);
    }

    [Fact]
    public async Task A_port_or_a_data_directory_in_use_is_said_plainly()
    {
        using var bench = new Bench();
        using var first = DfuProcess.Start("serve", "--urls", "none", "--data-dir", bench["data"]);
        var ready = await first.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        AssertRefused(await DfuProcess.RunAsync("serve", "--urls", "none", "--data-dir", bench["data"]), 4, "dataDirectoryInUse");
        string[] elsewhere = ["serve", "--urls", "none", "--data-dir", bench["other"], "--gateway-port", ready.Split(':')[^1]];
        AssertRefused(await DfuProcess.RunAsync(elsewhere), 4, "listenFailed");
    }

    [Theory]
    [InlineData(2, "invalidArgument", "serve", "--cluster", "postgres")]
    [InlineData(2, "invalidArgument", "serve", "--connection", "Host=127.0.0.1")]
    [InlineData(2, "invalidArgument", "serve", "--name", "a/b")]
    [InlineData(2, "invalidArgument", "serve", "--silo-port", "40123", "--gateway-port", "40123")]
    [InlineData(2, "invalidArgument", "serve", "--urls", "none", "--adapter", "bridge:tcp://localhost:1", "--adapter", "bridge:tcp://127.0.0.1:1")]
    [InlineData(2, "networkInsecure", "serve", "--address", "192.0.2.1")]
    [InlineData(4, "listenFailed", "serve", "--address", "192.0.2.1", "--insecure-network")]
    [InlineData(2, "invalidArgument", "serve", "--tls-certificate", "north.pem")]
    [InlineData(2, "certificateInvalid", "serve", "--tls-certificate", "missing.pem", "--tls-key", "missing-key.pem", "--tls-ca", "missing-ca.pem")]
    [InlineData(2, "keyInvalid", "serve", "--public-key", "/dev/null")]
    [InlineData(2, "invalidArgument", "cluster", "certificates", "/dev/null")]
    [InlineData(2, "invalidArgument", "cluster", "certificates", "/dev/null", "--host", "../evil")]
    [InlineData(2, "invalidArgument", "db", "init")]
    [InlineData(2, "invalidArgument", "db", "init", "--connection", "nothing")]
    [InlineData(4, "databaseUnavailable", "db", "init", "--connection", "Host=127.0.0.1;Port=1")]
    public async Task What_cannot_work_is_refused_in_one_line(int code, string error, params string[] arguments)
    {
        using var bench = new Bench();
        AssertRefused(await DfuProcess.RunAsync([.. arguments, .. arguments[0] == "serve" ? new[] { "--data-dir", bench["data"] } : []]), code, error);
    }

    [Fact]
    public async Task A_refusal_for_the_network_or_the_certificates_comes_before_anything_is_made()
    {
        using var bench = new Bench();
        AssertRefused(await DfuProcess.RunAsync("serve", "--address", "192.0.2.1", "--data-dir", bench["data"]), 2, "networkInsecure");
        Assert.Equal(0, (await DfuProcess.RunAsync("cluster", "certificates", bench["tls"], "--host", "north", "--host", "south")).Code);
        string[] mismatched = ["--tls-certificate", bench["tls/north.pem"], "--tls-key", bench["tls/south-key.pem"], "--tls-ca", bench["tls/ca.pem"]];
        var run = await DfuProcess.RunAsync(["serve", .. mismatched, "--data-dir", bench["data"]]);
        AssertRefused(run, 2, "certificateInvalid");
        Assert.Contains($"{bench["tls/south-key.pem"]} is not the key of {bench["tls/north.pem"]}", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bench["data"]));
    }

    [Fact]
    public async Task A_server_with_certificates_starts_and_says_nothing_else()
    {
        using var bench = new Bench();
        Assert.Equal(0, (await DfuProcess.RunAsync("cluster", "certificates", bench["tls"], "--host", "north")).Code);
        string[] files = ["--tls-certificate", bench["tls/north.pem"], "--tls-key", bench["tls/north-key.pem"], "--tls-ca", bench["tls/ca.pem"]];
        using var server = DfuProcess.Start(["serve", "--urls", "none", .. files, "--data-dir", bench["data"]]);
        await server.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        server.Signal("TERM");
        var (code, _, error) = await server.EndAsync();
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public async Task The_level_of_the_log_says_what_standard_error_is_told()
    {
        using var bench = new Bench();
        var silent = $"bridge:tcp://127.0.0.1:{Bench.SilentPort()}";
        using var quiet = DfuProcess.Start("serve", "--urls", "none", "--adapter", silent, "--log-level", "none", "--data-dir", bench["quiet"]);
        using var loud = DfuProcess.Start("serve", "--urls", "none", "--name", "loud", "--log-level", "information", "--data-dir", bench["loud"]);
        await loud.LineAsync(line => line.StartsWith("dfu: info: loud is a member of its cluster at 127.0.0.1:", StringComparison.Ordinal));
        await quiet.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        quiet.Signal("TERM");
        var (code, _, error) = await quiet.EndAsync();
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public async Task A_password_on_the_command_line_is_warned_of_and_never_repeated()
    {
        foreach (var connection in new[] { "Host=127.0.0.1;Port=1;Password=geheim", "Host=127.0.0.1;Port=1;Password=ab;geheim=1", "Password=geheim" })
        {
            var (code, output, error) = await DfuProcess.RunAsync("db", "init", "--connection", connection);
            Assert.NotEqual(0, code);
            Assert.Contains("dfu: warning: every user of this machine can read the password on this command line", error, StringComparison.Ordinal);
            Assert.Contains("PGPASSWORD", error, StringComparison.Ordinal);
            Assert.DoesNotContain("geheim", output + error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_users_of_one_machine_exclude_each_other_on_a_radio()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return; // only root can be two users
        using var bench = new Bench();
        var bridge = $"bridge:tcp://127.0.0.1:{Bench.SilentPort()}";
        Directory.CreateDirectory(bench["theirs"]);
        var nobody = $"export HERE='{bench.Folder}' HOME=/tmp; "
            + "chmod 711 \"$HERE\"; chown 65534 \"$HERE/theirs\"; exec setpriv --reuid=65534 --regid=65534 --clear-groups dotnet \"$@\"";
        using var theirs = DfuProcess.StartAfter(nobody, "serve", "--urls", "none", "--adapter", bridge, "--data-dir", bench["theirs"]);
        await theirs.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        var run = await DfuProcess.RunAsync("serve", "--urls", "none", "--adapter", bridge, "--data-dir", bench["ours"]);
        AssertRefused(run, 4, "adapterInUse");
        Assert.Contains(" of user 65534)", run.Error, StringComparison.Ordinal);

        await theirs.KillAsync();
        using var ours = DfuProcess.Start("serve", "--urls", "none", "--adapter", bridge, "--data-dir", bench["ours"]);
        await ours.LineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        var refused = DfuProcess.StartAfter(nobody, "serve", "--urls", "none", "--adapter", bridge, "--data-dir", bench["theirs"]);
        AssertRefused(await refused.EndAsync(), 4, "adapterInUse");
    }

    private static void AssertRefused((int Code, string Output, string Error) run, int code, string error)
    {
        Assert.True(run.Code == code, run.Error);
        Assert.Equal("", run.Output);
        Assert.EndsWith($"({error})\n", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }
}
