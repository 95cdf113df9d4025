namespace Dfu.Fleet.Peers;

/// <summary>
/// Names an adapter throughout a cluster: the silo that owns it, a slash, and the adapter as its operator wrote it
/// (<c>station-3/bluez:hci0</c>).
/// </summary>
public static class AdapterId
{
    /// <param name="silo">Name of the silo; without a slash.</param>
    public static string Of(string silo, string spec) => silo.Contains('/', StringComparison.Ordinal)
        ? throw new ArgumentException($"the silo name '{silo}' has a slash in it", nameof(silo))
        : $"{silo}/{spec}";

    public static string SiloOf(string id) => id[..id.IndexOf('/', StringComparison.Ordinal)];

    public static string SpecOf(string id) => id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
