using System.Text.Json;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Tests.Commands;

public sealed class SettingsCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-settings-").FullName;

    public SettingsCommandTests()
    {
        var firmware = new byte[1002];
        new Random(1).NextBytes(firmware);
        BitConverter.TryWriteBytes(firmware, 0x20008000u); // a stack in RAM
        BitConverter.TryWriteBytes(firmware.AsSpan(4), 0x27101u); // a reset handler in flash
        File.WriteAllBytes(PathOf("app.bin"), firmware);
        using var key = DfuKeys.Generate();
        DfuKeys.WritePrivate(PathOf("key.pem"), key);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_page_is_written_as_with_Nordics_tool_and_shown()
    {
        var made = await Generate(
            "--family NRF52840 --application app.bin --application-version-string 1.2.3 --bootloader-version 3 --bl-settings-version 2 "
            + "--app-boot-validation VALIDATE_ECDSA_P256_SHA256 --key-file key.pem");
        Assert.True(made.Code == ExitCode.Succeeded, string.Join('\n', made.Error));
        Assert.Contains("0xFF000 (nRF52840)", made.Output, StringComparison.Ordinal);

        using var shown = JsonDocument.Parse((await Played.RunAsync("settings", "show", PathOf("s.hex"), "--json")).Output);
        var page = shown.RootElement;
        Assert.Equal((2, "0x000ff000"), (page.GetProperty("version").GetInt32(), page.GetProperty("address").GetString()));
        Assert.Equal("0x000fe000", page.GetProperty("backup").GetString());
        Assert.Equal((10203, 3), (page.GetProperty("applicationVersion").GetInt32(), page.GetProperty("bootloaderVersion").GetInt32()));
        Assert.Equal((1004, 1), (page.GetProperty("bank0").GetProperty("bytes").GetInt32(), page.GetProperty("bank0").GetProperty("code").GetInt32()));
        Assert.Equal("ecdsaP256Sha256", page.GetProperty("bootValidation").GetProperty("application").GetString());
        Assert.True(page.GetProperty("crcMatches").GetBoolean());
    }

    [Theory]
    [InlineData(8, "of the settings")]
    [InlineData(0x2A2, "of the boot validations")]
    public async Task A_page_whose_CRC_does_not_fit_is_shown_and_refused(int at, string which)
    {
        await Generate("--family nrf52 --application app.bin --application-version 1 --bootloader-version 3 --bl-settings-version 2 --no-backup");
        var page = IntelHex.Read(File.ReadAllBytes(PathOf("s.hex"))).Bytes.ToArray();
        page[at] ^= 1;
        File.WriteAllBytes(PathOf("page.bin"), page);

        var shown = await Played.RunAsync("settings", "show", PathOf("page.bin"));

        Assert.Equal(ExitCode.Invalid, shown.Code);
        Assert.Contains("✗ does not fit", shown.Output, StringComparison.Ordinal);
        Assert.Contains($"the CRC-32 {which} does not fit", Assert.Single(shown.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_is_found_in_the_flash_of_a_whole_chip()
    {
        await Generate("--family nrf52833 --application app.bin --application-version 1 --bootloader-version 3 --bl-settings-version 2");
        var image = IntelHex.Read(File.ReadAllBytes(PathOf("s.hex")));
        var flash = new byte[0x80000];
        Array.Fill(flash, (byte)0xFF);
        image.Bytes.CopyTo(flash.AsMemory((int)image.Start));
        File.WriteAllBytes(PathOf("flash.bin"), flash);

        var shown = await Played.RunAsync("settings", "show", PathOf("flash.bin"));

        Assert.Equal(ExitCode.Succeeded, shown.Code);
        Assert.Contains("0x7F000 (nRF52833, nRF52832)", shown.Output, StringComparison.Ordinal);
        Assert.Contains("0x7E000, the same", shown.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--application app.bin", "an application needs a version - Give --application-version (invalidArgument)")]
    [InlineData("--app-boot-validation crc", "boot validation of the application needs the application - Give --application (invalidArgument)")]
    [InlineData("--sd-boot-validation crc", "boot validation of the SoftDevice needs the SoftDevice - Give --softdevice (invalidArgument)")]
    [InlineData("--key key.pem", "--key has no effect without boot validation of the kind ecdsa - Leave it out (invalidArgument)")]
    [InlineData("--application app.bin --application-version 1 --app-boot-validation ecdsa",
        "boot validation of the kind ecdsa needs a private key to sign with - Give it with --key (invalidArgument)")]
    [InlineData("--start-address 0xFF100", "the settings page cannot be at 0xff100, where no flash page begins - Give a multiple of 0x1000 (invalidArgument)")]
    [InlineData("--start-address 0x100000",
        "the settings page cannot be at 0x100000: nRF52840's flash ends at 0x100000 - Give the --family of the device, or a lower address (invalidArgument)")]
    [InlineData("--backup-address 0xFF000", "settings page and backup are both at 0xff000 - Give each a page of its own (invalidArgument)")]
    [InlineData("--no-backup --backup-address 0xFE000", "--backup-address has no effect with --no-backup - Leave one of them out (invalidArgument)")]
    public async Task What_makes_no_page_is_refused(string options, string line)
    {
        var refused = await Generate($"--family nrf52840 --bootloader-version 1 --bl-settings-version 2 {options}");
        Assert.Equal(ExitCode.Invalid, refused.Code);
        Assert.Equal($"dfu: {line}", Assert.Single(refused.Error));
        Assert.False(File.Exists(PathOf("s.hex")));
    }

    [Fact]
    public async Task Version_1_knows_no_boot_validation()
    {
        var refused = await Generate(
            "--family nrf52 --bootloader-version 1 --bl-settings-version 1 --application app.bin --application-version 1 --app-boot-validation crc");
        Assert.Contains("settings of version 1 know no boot validation", Assert.Single(refused.Error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app.bin", "there is no bootloader settings page in it")]
    [InlineData("key.pem", "this is a key")]
    [InlineData("none.hex", "does not exist")]
    public async Task What_is_no_page_is_said(string file, string why)
    {
        var refused = await Played.RunAsync("settings", "show", PathOf(file));
        Assert.Equal(ExitCode.Invalid, refused.Code);
        Assert.Contains(why, Assert.Single(refused.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_may_go_where_nothing_can_be_read_back()
    {
        var made = await Played.RunAsync("settings", "generate", "/dev/null", "--family", "nrf52", "--bootloader-version", "1", "--bl-settings-version", "2");

        Assert.Equal(ExitCode.Succeeded, made.Code);
        Assert.Empty(made.Error);
        Assert.Contains("0x7F000", made.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_application_is_never_overwritten_with_its_page()
    {
        var app = File.ReadAllBytes(PathOf("app.bin"));

        var made = await Played.RunAsync(
            "settings", "generate", PathOf("app.bin"), "--family", "nrf52", "--bootloader-version", "1", "--bl-settings-version", "2",
            "--application", PathOf("app.bin"), "--application-version", "1");

        Assert.Equal(ExitCode.Invalid, made.Code);
        Assert.Contains("would be overwritten", Assert.Single(made.Error), StringComparison.Ordinal);
        Assert.Equal(app, File.ReadAllBytes(PathOf("app.bin")));
    }

    private Task<Played> Generate(string options) => Played.RunAsync(["settings", "generate", PathOf("s.hex"), .. options.Split(' ').Select(InFolder)]);

    private string InFolder(string word) => word is "app.bin" or "key.pem" ? PathOf(word) : word;

    private string PathOf(string file) => Path.Combine(_folder, file);
}
