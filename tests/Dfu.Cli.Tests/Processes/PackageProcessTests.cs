using System.Text.Json;

namespace Dfu.Cli.Tests.Processes;

public sealed class PackageProcessTests
{
    private static readonly string Packages = Path.Combine(AppContext.BaseDirectory, "packages");

    [Fact]
    public async Task Every_package_is_shown_with_the_documented_fields()
    {
        var files = Directory.GetFiles(Packages, "*.zip");
        Assert.True(files.Length >= 18, $"{files.Length} packages");
        await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (file, _) =>
        {
            var (code, output, error) = await DfuProcess.RunAsync("package", "show", file, "--json");
            Assert.Equal((0, ""), (code, error));
            using var document = JsonDocument.Parse(output);
            Assert.Equal(["id", "images"], document.RootElement.EnumerateObject().Select(property => property.Name));
            foreach (var image in document.RootElement.GetProperty("images").EnumerateArray())
            {
                Assert.Equal(
                    ["type", "bytes", "crc32", "sha256", "hashMatches", "fwVersion", "hwVersion", "sdReq", "isDebug", "signature", "signatureValid"],
                    image.EnumerateObject().Select(property => property.Name));
                Assert.True(image.GetProperty("hashMatches").GetBoolean());
                Assert.Matches("^0x[0-9a-f]{8}$", image.GetProperty("crc32").GetString()!);
            }
        });
    }

    [Fact]
    public async Task Facts_are_right()
    {
        var (_, output, _) = await DfuProcess.RunAsync(
            "package",
            "show",
            Path.Combine(Packages, "sdblapp.zip"),
            "--json",
            "--public-key",
            Path.Combine(Packages, "public-key.pem"));
        using var document = JsonDocument.Parse(output);
        var images = document.RootElement.GetProperty("images");
        Assert.Equal(("softdevice_bootloader", 177_920), (images[0].GetProperty("type").GetString(), images[0].GetProperty("bytes").GetInt32()));
        Assert.Equal(("application", 10_240), (images[1].GetProperty("type").GetString(), images[1].GetProperty("bytes").GetInt32()));
        Assert.All(images.EnumerateArray(), image => Assert.True(image.GetProperty("signatureValid").GetBoolean()));
    }

    [Fact]
    public async Task Hostile_files_get_one_line_and_exit_code_2()
    {
        using var bench = new Bench();
        var hostile = HostileFiles.Write(bench.Folder).ToList();
        Assert.Equal(20, hostile.Count);
        await Parallel.ForEachAsync(hostile, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (file, _) =>
        {
            var (code, output, error) = await DfuProcess.RunAsync("package", "show", file);
            Assert.True(code == 2, $"{file}: exit code {code}\n{error}");
            Assert.Equal("", output);
            Assert.Matches(@"^dfu: [^\n]+ - [^\n]+ \([a-zA-Z]+\)\n$", error);
        });
    }

    [Fact]
    public async Task A_package_that_breaks_its_own_hash_shows_its_facts_and_exit_code_2()
    {
        using var bench = new Bench();
        var file = HostileFiles.WithOtherFirmware(bench.Package(5000), bench["other.zip"]);
        var (code, output, error) = await DfuProcess.RunAsync("package", "show", file, "--json");
        Assert.Equal(2, code);
        using var document = JsonDocument.Parse(output);
        Assert.False(document.RootElement.GetProperty("images")[0].GetProperty("hashMatches").GetBoolean());
        Assert.EndsWith("(hashMismatch)\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_made_once_and_a_package_signed_with_it_passes()
    {
        using var bench = new Bench();
        byte[] vectors = [0, 0x80, 0, 0x20, .. Enumerable.Repeat<byte[]>([0x01, 0x61, 0x02, 0], 3).SelectMany(handler => handler)];
        File.WriteAllBytes(bench["app.bin"], [.. vectors, .. new byte[6000]]);
        var generate = await DfuProcess.RunAsync("keys", "generate", bench["key.pem"]);
        Assert.Equal(0, generate.Code);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", generate.Output, StringComparison.Ordinal);
        File.WriteAllText(bench["public.pem"], generate.Output);
        Assert.Equal(2, (await DfuProcess.RunAsync("keys", "generate", bench["key.pem"])).Code);

        var create = await DfuProcess.RunAsync(
            "package", "create", "--application", bench["app.bin"], "--application-version", "7", "--hw-version", "52",
            "--sd-req", "0x0100,0x0123", "--key", bench["key.pem"], "-o", bench["app.zip"]);
        Assert.Equal((0, ""), (create.Code, create.Error));

        var show = await DfuProcess.RunAsync("package", "show", bench["app.zip"], "--public-key", bench["public.pem"], "--json");
        using var document = JsonDocument.Parse(show.Output);
        var image = document.RootElement.GetProperty("images")[0];
        Assert.Equal((7, true), (image.GetProperty("fwVersion").GetInt32(), image.GetProperty("signatureValid").GetBoolean()));
        Assert.Equal([256, 291], image.GetProperty("sdReq").EnumerateArray().Select(id => id.GetInt32()));
    }
}
