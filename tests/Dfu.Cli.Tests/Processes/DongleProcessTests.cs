using System.Text.RegularExpressions;

namespace Dfu.Cli.Tests.Processes;

/// <summary>What the command says where no dongle can be used.</summary>
public sealed partial class DongleProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-dongle-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("bluez:usb-99-9")]
    [InlineData("bluez:C4:7C:8D:00:11:22")]
    public async Task A_flash_without_usable_Bluetooth_is_one_clear_sentence_and_exit_code_4(string adapter)
    {
        var package = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "packages"), "*.zip").Order().First();
        var nowhere = new Dictionary<string, string> { ["DBUS_SYSTEM_BUS_ADDRESS"] = $"unix:path={_folder}/no-bus" };
        using var process = DfuProcess.StartWith(nowhere, "flash", package, "--adapter", adapter, "--all", "--data-dir", Path.Combine(_folder, "data"));
        var (code, output, error) = await process.EndAsync();
        Assert.Equal(ExitCode.Environment, code);
        Assert.Empty(output);
        var sentence = Assert.Single(error.Split('\n'), line => line.EndsWith(')'));
        Assert.Matches(Sentence(), sentence);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^dfu: .+ - .+ \(adapterNotFound\)$")]
    private static partial Regex Sentence();
}
