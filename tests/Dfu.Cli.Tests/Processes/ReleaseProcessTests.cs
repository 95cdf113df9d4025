namespace Dfu.Cli.Tests.Processes;

public sealed class ReleaseProcessTests
{
    [Fact]
    public async Task Who_is_stopped_says_which_devices_were_not_released()
    {
        using var release = DfuProcess.Start(
            "device", "release", "DE:37:79:B1:00:00", "C0:98:00:00:00:01", "--adapter", "sim:devices=1,mode=app,time-scale=5", "--timeout", "10min");
        await release.LineAsync(line => line == "DE:37:79:B1:00:00  it runs its application already");
        release.Signal("INT");
        var (code, _, error) = await release.EndAsync();
        Assert.Equal((ExitCode.Interrupted, "dfu: interrupted; not released: C0:98:00:00:00:01"), (code, error.Trim()));
    }
}
