using Dfu.Cluster.Tests.Wire;

namespace Dfu.Cluster.Tests.Storage;

/// <summary>Databases that programs of earlier schemas left; the README beside them says how.</summary>
internal static class ReleasedDatabases
{
    public static string File(string name) => Path.Combine(Released.Repository, "tests", "Dfu.Cluster.Tests", "Storage", "Released", name);
}
