namespace Dfu.Grains.Directory;

/// <summary>The directory's calls to itself.</summary>
[Alias("dfu.fleet-pulse")]
internal interface IFleetPulse : IGrainWithIntegerKey
{
    [Alias("Pulse")]
    Task PulseAsync();
}
