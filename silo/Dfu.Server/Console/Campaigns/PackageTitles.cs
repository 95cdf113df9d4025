using System.Collections.Concurrent;
using Dfu.Fleet.Access;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Reports;

namespace Dfu.Server.Console.Campaigns;

/// <summary>What packages have in them, in words; read once for all pages, for a package never changes.</summary>
internal sealed class PackageTitles(IFleetServer fleet)
{
    private const int Most = 1000;
    private const int Digits = 12;
    private readonly ConcurrentDictionary<string, string> _titles = new();

    /// <summary><c>application 3</c>, or the beginning of its id where the package is not kept any more.</summary>
    public async Task<string> OfAsync(string package, CancellationToken cancellationToken)
    {
        if (_titles.TryGetValue(package, out var known)) return known;
        string title;
        try
        {
            if (await fleet.PackageAsync(package, cancellationToken) is not { } zip) return Short(package);
            title = PackageFacts.Of(PackageReader.Read(zip, null), null).Title;
        }
        catch (DfuException)
        {
            return Short(package); // whoever needs the package itself is told why it cannot be read
        }

        if (_titles.Count >= Most) _titles.Clear();
        return _titles[package] = title;
    }

    private static string Short(string package) => $"package {package[..Math.Min(Digits, package.Length)]}";
}
