using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Api;
using Dfu.Api.Http;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Packages;

/// <summary>Packages that a fleet keeps, whichever way it is reached.</summary>
internal static class KeptPackages
{
    /// <summary>The last needed first.</summary>
    public static async Task<ImmutableArray<ApiPackageEntry>> ListAsync(IFleetServer fleet, CancellationToken cancellationToken)
    {
        if (fleet is FleetHttpClient http) return await http.ListPackagesAsync(cancellationToken);
        var campaigns = await fleet.CampaignsAsync(cancellationToken);
        var entries = ImmutableArray.CreateBuilder<ApiPackageEntry>();
        foreach (var kept in await fleet.PackagesAsync(cancellationToken))
        {
            var facts = Facts(await fleet.PackageAsync(kept.Id, cancellationToken));
            entries.Add(new(
                kept.Id,
                kept.NeededAt,
                [.. campaigns.Where(entry => entry.PackageId == kept.Id).Select(static entry => entry.Campaign)],
                facts?.Title,
                facts?.Images.Sum(static image => (long)image.Bytes) ?? 0));
        }

        return entries.ToImmutable();
    }

    /// <summary>By the beginning of its id.</summary>
    /// <exception cref="DfuException">NotFound; InvalidArgument when several begin so.</exception>
    public static async Task<string> FindAsync(IFleetServer fleet, string text, CancellationToken cancellationToken)
    {
        var kept = await fleet.PackagesAsync(cancellationToken);
        var found = kept.Where(one => text.Length > 0 && one.Id.StartsWith(text, StringComparison.OrdinalIgnoreCase)).Select(static one => one.Id).ToList();
        return found switch
        {
            [var one] => one,
            [] => throw new DfuException(DfuError.NotFound, $"no package is kept whose id begins with '{text}'") { Remedy = "'dfu package list' lists them." },
            _ => throw new DfuException(DfuError.InvalidArgument, $"'{text}' may be {string.Join(" or ", found.Select(Short))}")
            {
                Remedy = "Write more of the id.",
            },
        };
    }

    public static string Short(string id) => id[..Math.Min(12, id.Length)];

    /// <summary>Null for a file that is gone, or damaged.</summary>
    private static PackageFacts? Facts(byte[]? file)
    {
        try
        {
            return file is null ? null : PackageFacts.Of(file, null, null);
        }
        catch (DfuException)
        {
            return null; // the list says so by having no title
        }
    }
}

/// <summary>What <c>dfu package list --json</c> prints: names and order of the fields are a contract.</summary>
internal sealed record PackageListDocument(ImmutableArray<ApiPackageEntry> Packages)
{
    public string ToJson() => JsonSerializer.Serialize(this, PackageListJson.Default.PackageListDocument);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PackageListDocument))]
internal sealed partial class PackageListJson : JsonSerializerContext;
