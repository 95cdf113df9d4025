namespace Dfu.Grains.Storage;

/// <summary>Names grains ask for and hosts register storage under.</summary>
public static class StorageNames
{
    /// <summary>Everything grains must not lose: <see cref="StoredDocument"/> and <see cref="StoredFile"/>.</summary>
    public const string State = "state";
}
