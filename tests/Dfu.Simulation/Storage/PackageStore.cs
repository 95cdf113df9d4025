using System.Collections.Immutable;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Storage;

/// <summary>Packages by their SHA-256, kept in the database.</summary>
internal sealed class PackageStore(Cluster cluster)
{
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly Dictionary<string, DfuPackage> _packages = [];

    public void Put(string id, byte[] file) => _files[id] = file;

    /// <summary>Has a package that is nowhere a file; hosts that start later have it on their shelves.</summary>
    public void Put(DfuPackage package) => _packages[package.Id] = package;

    /// <summary>Those without a file.</summary>
    public IEnumerable<DfuPackage> Made => _packages.Values;

    public async Task<byte[]?> GetAsync(HostProcess from, string id)
    {
        await cluster.Database.ReadAsync(from, $"package/{id}");
        return _files.GetValueOrDefault(id);
    }

    public async Task<PackageAnswer> CheckAsync(HostProcess from, string id, ImmutableArray<long> sizes, uint hwVersion, ImageType? only)
    {
        if (_packages.ContainsKey(id)) return PackageAnswer.Taken;
        if (await GetAsync(from, id) is not { } file) return new(DfuError.PackageNotFound, $"nobody has the package {id}");
        return from.Fleet.Orders.OfPackage(id, file, sizes, hwVersion, only) is { } refused ? new(refused.Error, refused.Detail) : PackageAnswer.Taken;
    }
}
