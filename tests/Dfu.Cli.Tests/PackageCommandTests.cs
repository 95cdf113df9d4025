using System.Text.RegularExpressions;
using Dfu.Cli.Progress;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Tests;

/// <summary><c>dfu package</c> and <c>dfu flash</c> on files as people gave them.</summary>
public sealed class PackageCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-package-").FullName;

    private string Zip => Path.Combine(_folder, "x.zip");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("tiny.elf", "ELF", "objcopy")]
    [InlineData("app.hex", "Intel HEX", "dfu package create")]
    [InlineData("lfs.zip", "Git LFS", "git lfs pull")]
    [InlineData("html.zip", "web page", "Download")]
    [InlineData("legacy_crc16.zip", "legacy", "SDK 12")]
    [InlineData("mcuboot0.zip", "nRF Connect SDK", "SMP")]
    public async Task A_file_that_is_no_package_says_what_it_is_to_every_command(string file, string what, string remedy)
    {
        string[] flash = ["flash", Case(file), "--adapter", "sim:devices=1", "--all", "--data-dir", Path.Combine(_folder, "data")];
        foreach (var command in new[] { ["package", "show", Case(file)], flash })
        {
            var (code, output, error) = await CommandLineTests.RunAsync(command);
            Assert.Equal(ExitCode.Invalid, code);
            Assert.Empty(output);
            Assert.Matches($@"^dfu: .*{Regex.Escape(what)}.* - .*{Regex.Escape(remedy)}.* \(notADfuPackage\)$", Assert.Single(error));
        }
    }

    [Fact]
    public async Task An_external_application_shows_its_facts_and_exit_code_2()
    {
        var (code, output, error) = await CommandLineTests.RunAsync("package", "show", Case("ext_app.zip"));

        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains(output, line => line.Contains("external_application, version 7", StringComparison.Ordinal));
        Assert.EndsWith("(imageNotSupported)", Assert.Single(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny.elf", "ELF")]
    [InlineData("app.uf2", "UF2")]
    [InlineData("app.s19", "S-record")]
    [InlineData("mcuboot.bin", "MCUboot")]
    [InlineData("lfs.zip", "Git LFS")]
    [InlineData("legacy_crc16.zip", "legacy")]
    public async Task What_is_no_firmware_is_not_packed_even_when_forced(string file, string what)
    {
        var (code, _, error) = await Create("--application", Case(file), "--application-version", "1", "--force");

        Assert.Equal(ExitCode.Invalid, code);
        Assert.Matches($@"^dfu: .*{what}.* - .* \(firmwareInvalid\)$", Assert.Single(error));
        Assert.False(File.Exists(Zip));
    }

    [Fact]
    public async Task Firmware_that_cannot_be_right_is_packed_only_when_forced_and_then_warned_of_wherever_it_goes()
    {
        string[] arguments = ["--application", Case("app_settings.hex"), "--application-version", "1"];

        var (code, output, error) = await Create(arguments);
        Assert.Equal((ExitCode.Invalid, 0, false), (code, output.Length, File.Exists(Zip)));
        Assert.Matches(@"^dfu: .*settings page.*--force.* \(firmwareImplausible\)$", Assert.Single(error));

        (code, _, error) = await Create([.. arguments, "--force"]);
        Assert.Equal(ExitCode.Succeeded, code);
        Assert.Contains(error, line => line.StartsWith("dfu: warning: the application has 9001 bytes up to 0x28328", StringComparison.Ordinal));

        (code, output, error) = await CommandLineTests.RunAsync("package", "show", Zip);
        Assert.Equal(ExitCode.Succeeded, code);
        Assert.Contains(output, line => line.Contains("888924 bytes", StringComparison.Ordinal)); // as Nordic's tool packs it
        Assert.StartsWith("dfu: warning: the application has 879831 bytes of 0xFF", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_that_contradicts_the_SoftDevice_is_refused()
    {
        var (code, _, error) = await Create(
            "--softdevice", Case("sd_fwid_0100.hex"), "--application", Case("app.hex"), "--application-version", "2", "--sd-id", "0xCB");

        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("0x0100 (S140 7.2.0)", Assert.Single(error), StringComparison.Ordinal);
        Assert.Contains("--sd-id 0x0100", error[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_left_out_and_what_is_unsigned_is_told_and_packed()
    {
        var (code, _, error) = await Create("--application", Case("app_xip.hex"), "--application-version", "1");
        Assert.Equal(ExitCode.Succeeded, code);
        Assert.Contains(error, line => line.StartsWith("dfu: note: 5000 bytes of the application at 0x12000000", StringComparison.Ordinal));

        (code, _, error) = await Create("--bootloader", Case("bl.bin"), "--bootloader-version", "9");
        Assert.Equal(ExitCode.Succeeded, code);
        Assert.Contains(error, line => line.StartsWith("dfu: warning: the bootloader is not signed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--sd-id 0x100", "--sd-id", "--softdevice")]
    [InlineData("--bootloader-version 3", "--bootloader-version", "--bootloader")]
    public async Task An_option_without_effect_is_refused_by_name(string more, string option, string other)
    {
        var (code, _, error) = await Create(["--application", Case("app.hex"), "--application-version", "1", .. more.Split(' ')]);

        Assert.Equal(ExitCode.Invalid, code);
        Assert.Equal($"dfu: {option} has no effect without {other} - Give {other}, or leave {option} out (invalidArgument)", Assert.Single(error));
    }

    [Fact]
    public async Task A_file_that_the_package_is_made_of_is_never_overwritten_with_it()
    {
        var key = Path.Combine(_folder, "key.pem");
        await CommandLineTests.RunAsync("keys", "generate", key);
        var before = File.ReadAllBytes(key);

        var same = Path.Combine(_folder, ".", "key.pem");
        var (code, _, error) = await CreateAs(same, "--application", Case("app.hex"), "--application-version", "1", "--key", key);

        Assert.Equal(ExitCode.Invalid, code);
        Assert.EndsWith("would be overwritten with what is made of it - Give the output another name (invalidArgument)", error[0], StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(key));
    }

    [Fact]
    public async Task An_output_without_a_name_is_refused()
    {
        var (code, _, error) = await CreateAs("", "--application", Case("app.hex"), "--application-version", "1");

        Assert.Equal((ExitCode.Invalid, "dfu: the file to write has no name - Give its path (invalidArgument)"), (code, Assert.Single(error)));
    }

    [Fact]
    public async Task The_highest_version_is_told_and_the_usual_boot_validation_is_not()
    {
        var (_, output, _) = await Create("--application", Case("app.hex"), "--application-version", "4294967295");

        Assert.Contains(output, line => line.Contains("application, version 4294967295", StringComparison.Ordinal));
        Assert.DoesNotContain(output, line => line.Contains("boot validation", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--application app.hex", "an application needs a version - Give --application-version")]
    [InlineData("--bootloader bl.bin", "a bootloader needs a version - Give --bootloader-version")]
    [InlineData("--softdevice sd_fwid_0100.hex --application app.hex --application-version 1", "requires it - Give --sd-id 0x0100")]
    [InlineData("", "a SoftDevice or a bootloader - Give --application, --softdevice or --bootloader")]
    public async Task What_is_missing_is_named_as_the_option_to_give(string arguments, string end)
    {
        var words = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word.Contains('.', StringComparison.Ordinal) ? Case(word) : word);

        var (code, _, error) = await Create([.. words]);

        Assert.Equal(ExitCode.Invalid, code);
        Assert.EndsWith($"{end} (invalidArgument)", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_SoftDevice_is_called_by_its_id_and_name()
    {
        var (code, output, _) = await Create("--softdevice", Case("sd_fwid_0100.hex"));
        Assert.Equal(ExitCode.Succeeded, code);
        Assert.Contains(output, line => line.Contains("softdevice, SoftDevice 0x0100 (S140 7.2.0)", StringComparison.Ordinal));
        Assert.DoesNotContain(output, line => line.Contains("4294967295", StringComparison.Ordinal));

        var package = PackageReader.Read(Zip, null);
        Assert.Equal("SoftDevice 0x0100 (S140 7.2.0), 12.0 KiB", ProgressTitle.Describe(package));
    }

    [Fact]
    public async Task A_list_of_devices_that_is_something_else_says_so()
    {
        var package = Path.Combine(AppContext.BaseDirectory, "packages", "app9k.zip");
        var (code, _, error) = await CommandLineTests.RunAsync("flash", package, "--adapter", "sim:devices=1", "--targets", package);

        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("this is a Secure DFU package", Assert.Single(error), StringComparison.Ordinal);
    }

    private static string Case(string file) => Path.Combine(AppContext.BaseDirectory, "cases", file);

    private Task<(int Code, string[] Output, string[] Error)> Create(params string[] arguments) => CreateAs(Zip, arguments);

    private static Task<(int Code, string[] Output, string[] Error)> CreateAs(string output, params string[] arguments) =>
        CommandLineTests.RunAsync(["package", "create", "--hw-version", "52", "--sd-req", "0x0100", "-o", output, .. arguments]);
}
