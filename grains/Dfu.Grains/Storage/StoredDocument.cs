namespace Dfu.Grains.Storage;

/// <summary>What a grain stores: JSON that the grain writes and reads itself, with its version inside. The database holds this text as it is.</summary>
/// <remarks>
/// Each grain class needs state names of its own: PostgreSQL's rows are found by state name and key alone, whatever the class.
/// </remarks>
[GenerateSerializer]
[Alias("Dfu.StoredDocument")]
public sealed class StoredDocument
{
    /// <summary>Empty when nothing is stored.</summary>
    [Id(0)]
    public string Json { get; set; } = "";
}
