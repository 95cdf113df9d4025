using System.Diagnostics;

namespace Dfu.Deployment.Tests.Docker;

public sealed class ComposeConfigTests
{
    private const string Observability = "compose.observability.yaml";

    public static TheoryData<string, string?> Combinations()
    {
        var data = new TheoryData<string, string?>();
        foreach (var name in ComposeFile.Names)
        {
            data.Add(name, null);
            if (name != Observability) data.Add(name, Observability);
        }

        return data;
    }

    [DockerComposeTheory]
    [MemberData(nameof(Combinations))]
    public async Task Docker_compose_takes_each_file_alone_and_beside_observability(string first, string? second)
    {
        string[] names = second is null ? [first] : [first, second];
        string[] arguments = [.. names.SelectMany(static name => new[] { "-f", name }), "config", "--quiet"];
        using var compose = Process.Start(new ProcessStartInfo(DockerComposeTheoryAttribute.Program, arguments)
        {
            WorkingDirectory = Path.Combine(Repository.Root, ComposeFile.Folder),
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var said = await compose.StandardError.ReadToEndAsync();
        await compose.WaitForExitAsync();
        Assert.Equal("", said);
        Assert.Equal(0, compose.ExitCode);
    }
}
