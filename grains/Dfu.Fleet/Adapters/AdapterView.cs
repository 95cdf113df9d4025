namespace Dfu.Fleet.Adapters;

public sealed record AdapterView
{
    public required string Id { get; init; }
    public string Name { get; init; } = "";
    public AdapterStatus Status { get; init; }

    /// <summary>Transfers under way and the limit in force.</summary>
    public int Active { get; init; }
    public int Limit { get; init; }
    public double Rate { get; init; }

    /// <summary>Why it is not ready; empty when it is.</summary>
    public string Detail { get; init; } = "";
}
