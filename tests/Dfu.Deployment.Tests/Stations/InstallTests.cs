using System.Diagnostics;

namespace Dfu.Deployment.Tests.Stations;

/// <summary>docs/station/install, into a directory of the test's own.</summary>
public sealed class InstallTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-install-").FullName;

    private string this[string path] => Path.Combine(_folder, "root", path);

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void An_upgrade_leaves_what_the_operator_wrote_and_the_version_before_can_be_gone_back_to()
    {
        if (!OperatingSystem.IsLinux()) return;
        var first = Install("1.0.0");
        Assert.Equal((0, "dfu 1.0.0 is the one that runs\n"), first);
        Assert.Equal(
            [
                "60-dfu-dongles.rules", "VERSION", "dfu", "dfu.env", "dfu.service", "install", "journald.conf", "main.conf", "serve-member.env", "serve.env",
            ],
            Directory.GetFiles(this["opt/dfu/1.0.0"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(this["etc/dfu/dfu.env"]));
        File.WriteAllText(this["etc/dfu/serve.env"], "DFU_SERVE=--adapter bluez:hci7\n");
        File.WriteAllText(this["etc/systemd/system/dfu.service"], "what the version before had\n");

        var second = Install("2.0.0");
        Assert.Equal((0, $"dfu 2.0.0 is the one that runs; before it was 1.0.0: {this["opt/dfu"]}/current/install --use 1.0.0 goes back\n"), second);
        Assert.Equal("DFU_SERVE=--adapter bluez:hci7\n", File.ReadAllText(this["etc/dfu/serve.env"]));
        Assert.Equal(Repository.Read("docs/station/dfu.service"), File.ReadAllText(this["etc/systemd/system/dfu.service"]));
        Assert.Equal("2.0.0\n", Run(this["opt/dfu/current/dfu"], "--version").Output);
        Assert.Equal("/opt/dfu/current/dfu", new FileInfo(this["usr/local/bin/dfu"]).LinkTarget);

        Assert.Equal(0, Run(this["opt/dfu/current/install"], "--use", "1.0.0").Code);
        Assert.Equal("1.0.0", new FileInfo(this["opt/dfu/current"]).LinkTarget);
        Assert.Equal(["1.0.0", "2.0.0", "current"], Directory.GetFileSystemEntries(this["opt/dfu"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_does_not_run_here_or_is_not_there_changes_nothing()
    {
        if (!OperatingSystem.IsLinux()) return;
        Install("1.0.0");
        var (code, output) = Install("2.0.0", "exit 126");
        Assert.Equal(4, code);
        Assert.StartsWith("dfu: what is in ", output, StringComparison.Ordinal);
        var (missing, said) = Run(this["opt/dfu/current/install"], "--use", "3.0.0");
        Assert.Equal((2, $"dfu: there is no version 3.0.0 in {this["opt/dfu"]}, only: 1.0.0 \n"), (missing, said));
        foreach (var none in new[] { "current", "1.0.0/", ".", "" }) Assert.Equal(2, Run(this["opt/dfu/current/install"], "--use", none).Code);
        Assert.Equal("1.0.0", new FileInfo(this["opt/dfu/current"]).LinkTarget);
        Assert.Equal(2, Run(this["opt/dfu/current/install"], "2.0.0").Code);
    }

    [Fact]
    public void The_services_user_gets_at_what_a_cautious_root_installs()
    {
        if (!OperatingSystem.IsLinux()) return;
        var from = Make("1.0.0");
        Assert.Equal(0, Run("bash", "-c", $"umask 077; chmod -R go= '{from}'; '{from}/install'").Code);
        foreach (var place in new[] { "opt", "opt/dfu", "opt/dfu/1.0.0", "opt/dfu/1.0.0/dfu", "etc/dfu", "usr/local/bin" })
            Assert.True(File.GetUnixFileMode(this[place]).HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherExecute), place);
    }

    [Fact]
    public void The_same_version_again_replaces_what_is_there_whole()
    {
        if (!OperatingSystem.IsLinux()) return;
        Install("1.0.0");
        File.WriteAllText(this["opt/dfu/1.0.0/rest"], "");
        Assert.Equal((0, "dfu 1.0.0 is the one that runs\n"), Install("1.0.0"));
        Assert.False(File.Exists(this["opt/dfu/1.0.0/rest"]));
        Assert.Equal(0, Run(this["opt/dfu/current/install"]).Code);
        Assert.Equal("1.0.0\n", Run(this["opt/dfu/current/dfu"]).Output);
    }

    [Theory]
    [InlineData("--version", "next")]
    [InlineData("--version")]
    [InlineData("windows-x64")]
    public void What_cannot_be_published_is_refused_at_once(params string[] arguments) =>
        Assert.Equal(2, Run(Path.Combine(Repository.Root, "publish"), arguments).Code);

    private (int Code, string Output) Install(string version, string program = "") => Run(Path.Combine(Make(version, program), "install"));

    /// <returns>The folder that an archive has.</returns>
    private string Make(string version, string program = "")
    {
        var from = Path.Combine(_folder, $"dfu-{version}");
        Directory.CreateDirectory(from);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "docs/station")))
            File.Copy(file, Path.Combine(from, Path.GetFileName(file)), true);
        File.WriteAllText(Path.Combine(from, "VERSION"), $"{version}\n");
        var dfu = Path.Combine(from, "dfu");
        File.WriteAllText(dfu, $"#!/bin/sh\n{(program.Length > 0 ? program : $"echo {version}")}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(dfu, (UnixFileMode)0b111_101_101);
        return from;
    }

    private (int Code, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DFU_ROOT"] = Path.Combine(_folder, "root");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }
}
