namespace Dfu.Grains;

/// <summary>How silos and clients of one fleet find each other in what they share.</summary>
public static class ClusterNames
{
    /// <summary>Under which grain states are stored.</summary>
    public const string Service = "dfu";

    /// <summary>The cluster that servers make and clients connect to; one in a database.</summary>
    public const string Cluster = "dfu";
}
