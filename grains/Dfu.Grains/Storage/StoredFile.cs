namespace Dfu.Grains.Storage;

/// <summary>A file that a grain stores byte for byte, such as a package; up to some MiB.</summary>
/// <inheritdoc cref="StoredDocument" path="/remarks"/>
[GenerateSerializer]
[Alias("Dfu.StoredFile")]
public sealed class StoredFile
{
    /// <summary>Empty when nothing is stored.</summary>
    [Id(0)]
    public byte[] Bytes { get; set; } = [];
}
