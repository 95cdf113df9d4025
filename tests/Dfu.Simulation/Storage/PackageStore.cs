using Dfu.Protocol.Packages;

namespace Dfu.Simulation.Storage;

/// <summary>Packages that are there before anything begins.</summary>
internal sealed class PackageStore(Database database)
{
    private readonly Dictionary<string, DfuPackage> _made = [];

    /// <summary>Those that are nowhere a file.</summary>
    public IEnumerable<DfuPackage> Made => _made.Values;

    /// <summary>Where the file of a package is.</summary>
    public static string KeyOf(string id) => $"package/{id}";

    public void Put(string id, byte[] file) => database.Put(KeyOf(id), Convert.ToBase64String(file));

    /// <summary>Has a package that is nowhere a file; hosts that start later have it on their shelves.</summary>
    public void Put(DfuPackage package) => _made[package.Id] = package;

    public bool IsMade(string id) => _made.ContainsKey(id);
}
