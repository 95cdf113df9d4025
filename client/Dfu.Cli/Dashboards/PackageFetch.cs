using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Dashboards;

/// <summary>
/// Brings the dashboard's package with the .NET SDK, so that the machine's own NuGet configuration decides from where: feeds, proxies,
/// credentials, folders. NuGet puts it into its folder of packages, whole or not at all, and once only.
/// </summary>
/// <param name="folder">Keeps the generated project, and what NuGet said of it; one process at a time.</param>
/// <param name="dotnet">The SDK's command.</param>
internal sealed class PackageFetch(string folder, DashboardPackage package, string dotnet, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private string Project => Path.Combine(folder, "fetch.csproj");

    private string Log => Path.Combine(folder, "fetch.log");

    /// <summary>NuGet keeps what it downloads here until it has it whole; of no use to anybody afterwards.</summary>
    private string Downloads => Path.Combine(folder, "downloads");

    /// <summary>The command that runs this process, or the one of the PATH.</summary>
    public static string Dotnet => Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";

    /// <summary>The executable where an earlier fetch found or put it; null when it is not there any more, or never was.</summary>
    public string? Find() => package.FindIn(DashboardPackage.FoldersOf(Path.Combine(folder, "obj", "project.assets.json")));

    /// <param name="progress">Told how many bytes have been downloaded.</param>
    /// <returns>The executable.</returns>
    /// <exception cref="DfuException">DashboardUnavailable.</exception>
    public async Task<string> BringAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Project, ProjectText(), cancellationToken);
            var (code, output) = await RestoreAsync(progress, cancellationToken);
            await File.WriteAllLinesAsync(Log, output, cancellationToken);
            if (code != 0) throw FetchFailure.Of(package, output, Log);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DashboardUnavailable, $"the dashboard cannot be brought to {folder}: {failure.Message}", failure)
            {
                Remedy = FetchFailure.MakeRoom,
            };
        }
        finally
        {
            Forget(Downloads);
        }

        return Find() ?? throw new DfuException(DfuError.DashboardUnavailable, $"the package {package.Id} {package.Version} has no dashboard in it")
        {
            Remedy = $"see {Log}",
        };
    }

    // A project of another's folder above ours must not have a say in it.
    private string ProjectText() =>
        $"""
        <Project>
          <PropertyGroup>
            <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
            <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
            <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
          </PropertyGroup>
          <ItemGroup>
            <PackageDownload Include="{package.Id}" Version="[{package.Version}]" />
          </ItemGroup>
          <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
        </Project>

        """;

    private async Task<(int Code, IReadOnlyCollection<string> Output)> RestoreAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        var output = new ConcurrentQueue<string>();
        using var restore = new Process
        {
            StartInfo = new ProcessStartInfo(dotnet, ["restore", Project, "--nologo", "--verbosity", "minimal", "-nodeReuse:false"])
            {
                WorkingDirectory = folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["NUGET_HTTP_CACHE_PATH"] = Downloads, ["DOTNET_CLI_UI_LANGUAGE"] = "en" },
            },
        };
        restore.OutputDataReceived += (_, line) => Take(line.Data);
        restore.ErrorDataReceived += (_, line) => Take(line.Data);
        try
        {
            restore.Start();
        }
        catch (Win32Exception absent)
        {
            throw FetchFailure.NoSdk(absent);
        }

        restore.StandardInput.Close();
        restore.BeginOutputReadLine();
        restore.BeginErrorReadLine();
        var ended = restore.WaitForExitAsync(cancellationToken);
        try
        {
            while (await Task.WhenAny(ended, Task.Delay(LookEvery, time, cancellationToken)) != ended)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress(SizeOf(Downloads));
            }

            await ended;
            cancellationToken.ThrowIfCancellationRequested();
            return (restore.ExitCode, output);
        }
        catch (OperationCanceledException)
        {
            restore.Kill(entireProcessTree: true);
            throw;
        }

        void Take(string? line)
        {
            if (line is not null) output.Enqueue(line);
        }
    }

    private static long SizeOf(string downloads)
    {
        try
        {
            return new DirectoryInfo(downloads).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);
        }
        catch (IOException)
        {
            // NuGet renames files while they are counted: the next look counts again.
            return 0;
        }
    }

    private static void Forget(string downloads)
    {
        try
        {
            Directory.Delete(downloads, recursive: true);
        }
        catch (Exception left) when (left is IOException or UnauthorizedAccessException)
        {
            // What is left there is overwritten or deleted next time.
        }
    }
}
