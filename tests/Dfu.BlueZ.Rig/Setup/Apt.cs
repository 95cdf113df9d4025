namespace Dfu.BlueZ.Rig.Setup;

/// <summary>
/// Debian's packages through its own client, which checks signatures and hashes. Only reads and downloads; nothing is installed, and no privilege is
/// needed.
/// </summary>
/// <param name="folder">Where package files go.</param>
internal sealed class Apt(string folder)
{
    /// <summary>apt says nothing of files that are in the folder it runs in.</summary>
    private const string Elsewhere = "/";
    private string[] _options = ["-o", "Debug::NoLocking=1"];

    /// <summary>Files of these packages, newest version.</summary>
    /// <exception cref="RigException">apt does not know one.</exception>
    public async Task<IReadOnlyList<DebianPackage>> FindAsync(IEnumerable<string> names, CancellationToken stop)
    {
        string[] wanted = [.. names];
        if (wanted.Length == 0) return [];
        var result = await GetAsync(Elsewhere, ["download", "--print-uris", .. wanted], stop);
        if (result.Status != 0)
        {
            await UpdateAsync(stop);
            result = await GetAsync(Elsewhere, ["download", "--print-uris", .. wanted], stop);
        }

        return result.Status == 0
            ? Parse(result)
            : throw new RigException($"Debian's packages are needed, and apt does not have all of {string.Join(", ", wanted)}: {LastLine(result.Errors)}");
    }

    /// <summary>Files of the package and of what it depends on, as far as this host lacks them.</summary>
    public async Task<IReadOnlyList<DebianPackage>> FindWithDependenciesAsync(string name, CancellationToken stop)
    {
        var result = await GetAsync(Elsewhere, ["install", "--print-uris", "--yes", "--no-install-recommends", name], stop);
        return result.Status == 0 ? Parse(result) : throw new RigException($"apt does not see a way to install {name}: {LastLine(result.Errors)}");
    }

    /// <summary>The package that another one, which has no files itself, stands for.</summary>
    public async Task<string?> FirstDependencyAsync(string name, string prefix, CancellationToken stop)
    {
        var result = await Tool.RunAsync(folder, "apt-cache", [.. _options, "depends", name], stop);
        return result.Lines.Select(static line => line.Trim()).Where(static line => line.StartsWith("Depends: ", StringComparison.Ordinal))
            .Select(static line => line["Depends: ".Length..].Split(' ')[0])
                .FirstOrDefault(dependency => dependency.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>Whether the host has the package installed.</summary>
    public async Task<bool> IsInstalledAsync(string name, CancellationToken stop) =>
        (await Tool.RunAsync(folder, "dpkg-query", ["-W", "-f", "${db:Status-Status}", name], stop)) is { Status: 0, Output: "installed" };

    /// <summary>Downloads what is not there yet, whole and right; what came stays when the rest does not.</summary>
    /// <returns>Bytes that were downloaded.</returns>
    public async Task<long> DownloadAsync(IReadOnlyList<DebianPackage> packages, CancellationToken stop)
    {
        DebianPackage[] missing = [.. packages.Where(package => !package.IsIn(folder))];
        if (missing.Length == 0) return 0;
        foreach (var package in missing) File.Delete(Path.Combine(folder, package.File));
        var result = await GetAsync(folder, ["download", .. missing.Select(static package => package.Wanted)], stop);
        if (missing.FirstOrDefault(package => !package.IsIn(folder)) is { } lacking)
            throw new RigException($"{lacking.File} cannot be downloaded: {LastLine(result.Errors)}; what came so far is kept in {folder}");
        return missing.Sum(static package => package.Size);
    }

    /// <summary>Gets package lists of our own where the host has none or stale ones; its own stay as they are.</summary>
    private async Task UpdateAsync(CancellationToken stop)
    {
        var own = Path.Combine(folder, "lists");
        Directory.CreateDirectory(Path.Combine(own, "partial"));
        _options = [.. _options, "-o", $"Dir::State::lists={own}", "-o", $"Dir::Cache={own}"];
        var result = await GetAsync(Elsewhere, ["update"], stop);
        if (result.Status != 0) throw new RigException($"Debian's package lists cannot be had: {LastLine(result.Errors)}");
    }

    private Task<ToolResult> GetAsync(string where, IEnumerable<string> arguments, CancellationToken stop) =>
        Tool.RunAsync(where, "apt-get", ["--quiet", .. _options, .. arguments], stop);

    private static DebianPackage[] Parse(ToolResult result) => [.. result.Lines.Select(DebianPackage.Parse).OfType<DebianPackage>()];

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault("it does not say why");
}
